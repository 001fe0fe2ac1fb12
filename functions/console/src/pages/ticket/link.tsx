import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button, Input, SearchField } from "react-aria-components";
import { ticketsQuery, type ListedTicket, type Ticket } from "../../api/queries";
import { Ask } from "../../parts/dialog";
import { Status } from "../../parts/badges";
import { Push } from "../../parts/push";
import { Empty, Loaded } from "../../parts/states";
import { Time } from "../../parts/time";
import { useLink } from "./changes";

const SHOWN = 8;

/** Looks for the ticket that this one repeats, among the older ones that are open. */
export function LinkDialog({ ticket, close }: { ticket: Ticket; close: () => void }) {
  const [text, setText] = useState("");
  const [q, setQ] = useState("");
  const link = useLink(ticket);
  const asked = useQuery({
    ...ticketsQuery({
      duplicate: false, created_to: ticket.created_at, status: ["new", "open", "pending", "hold"], limit: SHOWN,
      ...(q ? { q } : {}),
    }),
    placeholderData: (before) => before,
  });
  return (
    <Ask title="Which ticket does it repeat?" onClose={close}>
      <SearchField aria-label="Search tickets" className="search" autoFocus value={text} onChange={setText} onSubmit={(words) => setQ(words.trim())} onClear={() => setQ("")}>
        <Input placeholder="Search words, then Enter" maxLength={200} />
      </SearchField>
      <Loaded asked={asked} rows={2}>
        {({ tickets }) => tickets.length === 0 ? <Empty title="No older open ticket fits" /> : (
          <ul className="plain">
            {tickets.map((each) => (
              <Row key={each.id} ticket={each} busy={link.isPending} link={() => link.mutate(each.id, { onSuccess: close })} />
            ))}
          </ul>
        )}
      </Loaded>
      <div className="buttons"><Button className="button" onPress={close}>Cancel</Button></div>
    </Ask>
  );
}

const Row = ({ ticket: { subject, status, created_at }, busy, link }: { ticket: ListedTicket; busy: boolean; link: () => void }) => (
  <li className="with-action">
    <span>{subject} <Status value={status} /> <span className="quiet"><Time at={created_at} /></span></span>
    <Push className="button" busy={busy} onPress={link}>Link<span className="hidden"> to {subject}</span></Push>
  </li>
);
