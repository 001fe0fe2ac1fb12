import { useQuery } from "@tanstack/react-query";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { peopleQuery, type Ticket } from "../../api/queries";
import { useKeys } from "../../keys";
import { openPalette, useActions } from "../../parts/actions";
import { Priority } from "../../parts/badges";
import { Choose } from "../../parts/fields";
import { Time } from "../../parts/time";
import type { Me } from "../../session";
import { PRIORITIES } from "../filters";
import { useReprocess, type Edits } from "./changes";
import { Subject } from "./text";

const MOVES: Record<string, readonly string[]> = {
  new: ["open", "pending", "hold", "solved", "closed"],
  open: ["pending", "hold", "solved", "closed"],
  pending: ["open", "hold", "solved", "closed"],
  hold: ["open", "pending", "solved", "closed"],
  solved: ["open", "closed"],
  closed: [],
};
const WORDS = { critical: "urgent P1", high: "P2", medium: "normal P3", low: "P4" };
const NOBODY = "—";

export function Header({ ticket, me, edits }: { ticket: Ticket; me: Me; edits: Edits }) {
  const people = useQuery(peopleQuery());
  const reprocess = useReprocess(ticket);
  const names = [...new Set([...(people.data?.people.map(({ email }) => email) ?? []), ...(ticket.assignee ? [ticket.assignee] : [])])];
  const rank = (priority: (typeof PRIORITIES)[number]) =>
    priority !== ticket.priority && edits.apply({ priority }, `Now ${priority}`, ticket.priority ? { priority: ticket.priority } : undefined);
  const move = (status: string) =>
    status !== ticket.status && edits.apply({ status: status as Ticket["status"] }, `Now ${status}`);
  const moves = MOVES[ticket.status] ?? [];
  const assign = (assignee: string | null) =>
    edits.apply({ assignee }, assignee ? `Assigned to ${assignee}` : "Assigned to nobody", { assignee: ticket.assignee });
  useKeys({
    m: () => void (me.email && assign(me.email)),
    p: () => openPalette("Priority "), s: () => openPalette("Status "), i: () => openPalette("Assignee "),
  });
  useActions([
    ...PRIORITIES.map((each) => ({ text: `Priority: ${each}`, words: WORDS[each], act: () => void rank(each) })),
    ...moves.map((each) => ({ text: `Status: ${each}`, act: () => void move(each) })),
    ...(me.email ? [{ text: `Assignee: me`, words: "take", act: () => assign(me.email) }] : []),
    ...names.map((each) => ({ text: `Assignee: ${each}`, act: () => assign(each) })),
    { text: "Assignee: nobody", act: () => assign(null) },
    { text: "Triage it again", words: "reprocess", act: () => reprocess.mutate() },
  ]);
  return (
    <header className="ticket-head">
      <div className="ticket-title">
        <Priority value={ticket.priority} />
        <h1 dir="auto"><Subject ticket={ticket} /></h1>
      </div>
      <p className="quiet meta">
        {ticket.customer_id ?? "somebody"}
        {ticket.department && ` · ${ticket.department}`} · by {ticket.channel} · <Time at={ticket.created_at} /> ·{" "}
        <code title="The ticket's id">{ticket.id}</code>
      </p>
      <div className="controls">
        <Choose
          label="Status" value={ticket.status}
          choices={[ticket.status, ...moves].map((id) => ({ id, text: id }))}
          onChange={move}
        />
        <Choose
          label="Assignee" value={ticket.assignee ?? NOBODY}
          choices={[{ id: NOBODY, text: "nobody" }, ...names.map((id) => ({ id, text: id === me.email ? `${id} (you)` : id }))]}
          onChange={(id) => (id === NOBODY ? null : id) !== ticket.assignee && assign(id === NOBODY ? null : id)}
        />
        <Choose
          label="Priority" value={ticket.priority}
          choices={PRIORITIES.map((id) => ({ id, text: id }))}
          onChange={(id) => rank(id as (typeof PRIORITIES)[number])}
        />
        <MenuTrigger>
          <Button className="button more" aria-label="More actions">⋯</Button>
          <Popover className="popover" placement="bottom end">
            <Menu className="listbox" aria-label="More actions">
              <MenuItem className="option" onAction={() => reprocess.mutate()}>Triage it again</MenuItem>
            </Menu>
          </Popover>
        </MenuTrigger>
      </div>
    </header>
  );
}
