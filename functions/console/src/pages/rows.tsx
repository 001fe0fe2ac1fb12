import { useEffect, useRef } from "react";
import type { ListedTicket } from "../api/queries";
import { useKeys } from "../keys";
import { Confidence, Due, Priority, Status } from "../parts/badges";
import { Time } from "../parts/time";
import { address, type Route } from "../routing";
import type { Chosen } from "./bulk";
import { keepList } from "./last-list";

/** The rows of a list, with what is selected; each can be reached and selected by keys. */
export function Rows({ tickets, route, staff, renew, busy, chosen, setChosen }: {
  tickets: readonly ListedTicket[];
  route: Route;
  staff: boolean;
  renew: () => void;
  busy: boolean;
  chosen: Chosen;
  setChosen: (chosen: Chosen) => void;
}) {
  const place = useRef<HTMLTableSectionElement>(null);
  useEffect(() => keepList({ address: route.hash || "#/tickets", ids: tickets.map(({ id }) => id) }), [tickets, route.hash]);
  // "All" are more than this page shows: who wants others begins anew.
  const isFixed = chosen.all || !staff;
  const select = (rows: readonly (ListedTicket | undefined)[], on: boolean) => {
    const versions = new Map(chosen.versions);
    for (const row of rows) if (row) on ? versions.set(row.id, row.version) : versions.delete(row.id);
    setChosen({ versions, all: false });
  };
  const isChosen = (ticket: ListedTicket | undefined) => ticket !== undefined && (chosen.all || chosen.versions.has(ticket.id));
  const links = () => [...(place.current?.querySelectorAll<HTMLAnchorElement>("a.row-link") ?? [])];
  const current = () => links().indexOf(document.activeElement as HTMLAnchorElement);
  const move = (by: number, extend = false) => {
    const [all, at] = [links(), current()];
    const next = Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by));
    all[next]?.focus();
    if (extend && !isFixed) select([tickets[at], tickets[next]], true);
  };
  useKeys({
    j: () => move(1), k: () => move(-1), J: () => move(1, true), K: () => move(-1, true), ".": renew,
    x: () => !isFixed && select([tickets[current()]], !isChosen(tickets[current()])),
  });
  return (
    <div className="table-wrap">
      <table className="rows" aria-busy={busy}>
        <thead>
          <tr>
            {staff && (
              <th scope="col">
                <input type="checkbox" aria-label="Select the tickets of this page" checked={tickets.every(isChosen)} disabled={isFixed} onChange={(event) => select(tickets, event.target.checked)} />
              </th>
            )}
            {staff && <th scope="col">Priority</th>}
            <th scope="col">Ticket</th>
            {staff && <th scope="col" className="wide">Confidence</th>}
            <th scope="col">Status</th>
            {staff && <th scope="col" className="wide">Due</th>}
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody ref={place}>
          {tickets.map((ticket) => (
            <Row key={ticket.id} ticket={ticket} staff={staff} isChosen={isChosen(ticket)} isFixed={isFixed} choose={(on) => select([ticket], on)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ ticket, staff, isChosen, isFixed, choose }: {
  ticket: ListedTicket;
  staff: boolean;
  isChosen: boolean;
  isFixed: boolean;
  choose: (on: boolean) => void;
}) {
  const running = ["PENDING", "IN_PROGRESS"].includes(ticket.workflow_status);
  return (
    <tr>
      {staff && <td><input type="checkbox" aria-label={`Select ${ticket.subject}`} checked={isChosen} disabled={isFixed} onChange={(event) => choose(event.target.checked)} /></td>}
      {staff && <td><Priority value={ticket.priority} /></td>}
      <td className="main">
        <a className="row-link" href={address(`tickets/${ticket.id}`)}>{ticket.subject}</a>
        <div className="sub">
          {ticket.category ? <span>{ticket.category} › {ticket.request_type}</span> : <span>{running ? "being sorted…" : "no category fits"}</span>}
          {staff && ticket.needs_review && <span className="tag attention">needs review</span>}
          {staff && ticket.duplicate_of && <span className="tag">duplicate</span>}
          {staff && ticket.escalation_level > 0 && <span className="tag late">escalated</span>}
          {staff && ticket.workflow_status === "FAILED" && <span className="tag late">triage failed</span>}
          {staff && ticket.assignee && <span>{ticket.assignee}</span>}
        </div>
      </td>
      {staff && <td className="wide"><Confidence value={ticket.confidence} /></td>}
      <td><Status value={ticket.status} /></td>
      {staff && <td className="wide nowrap"><Due ticket={ticket} /></td>}
      <td className="nowrap"><Time at={ticket.created_at} /></td>
    </tr>
  );
}
