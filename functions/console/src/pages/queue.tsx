import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button, Input, SearchField } from "react-aria-components";
import { facetsQuery, ticketsChanged, ticketsQuery, type ListedTicket } from "../api/queries";
import { counted, number } from "../format";
import { useKeys } from "../keys";
import { Confidence, Due, Priority, Status } from "../parts/badges";
import { Choose } from "../parts/fields";
import { Empty, Loaded } from "../parts/states";
import { Time } from "../parts/time";
import { address, go, type Route } from "../routing";
import type { Me } from "../session";
import { Facets } from "./facets";
import { changed, chipsOf, filtersOf, listOf, SORTS } from "./filters";
import { keepList } from "./last-list";

const NEWS_MS = 20_000;

/** The list of tickets. It never moves by itself: it says what is new, and waits to be asked. */
export function Queue({ route, me }: { route: Route; me: Me }) {
  const { query } = route;
  const staff = me.role !== "customer";
  const list = listOf(query);
  // What changes meanwhile is seen when the list is read again, by whoever works with it.
  const asked = useQuery({
    ...ticketsQuery(list), staleTime: Infinity, refetchOnWindowFocus: false, placeholderData: (before) => before,
  });
  const total = useQuery({ ...facetsQuery(filtersOf(query)), placeholderData: (before) => before });
  const [since, setSince] = useState(() => new Date().toISOString());
  const news = useNews(query, since);
  const renew = () => {
    setSince(new Date().toISOString());
    void ticketsChanged();
  };
  return (
    <div className={staff ? "page with-facets" : "page"}>
      {staff && <Facets query={query} />}
      <section aria-label="Tickets" className="list">
        <div className="list-head">
          <h1>{staff ? "Queue" : "My tickets"}</h1>
          <span className="quiet" aria-live="polite">
            {total.data && `${counted(total.data.total, total.data.complete)} ${total.data.total === 1 ? "ticket" : "tickets"}`}
          </span>
          <Search query={query} />
          <Choose
            label="Order" hideLabel value={query.get("sort") ?? ""}
            choices={Object.entries(SORTS).map(([id, text]) => ({ id, text }))}
            onChange={(sort) => go(address("tickets", changed(query, "sort", sort)))}
          />
        </div>
        <Chips query={query} />
        {news > 0 && (
          <Button className="news" onPress={renew}>
            {number(news)} new – show {news === 1 ? "it" : "them"} <kbd>.</kbd>
          </Button>
        )}
        <Loaded asked={asked} rows={8}>
          {({ tickets, next_cursor }) =>
            tickets.length === 0 ? (
              <Nothing query={query} staff={staff} />
            ) : (
              <>
                <Rows tickets={tickets} route={route} staff={staff} renew={renew} busy={asked.isPlaceholderData} />
                <Pages query={query} next={next_cursor} />
              </>
            )
          }
        </Loaded>
      </section>
    </div>
  );
}

/** How many tickets have come since the list was read. */
function useNews(query: URLSearchParams, since: string): number {
  const filters = filtersOf(query);
  const own = filters.created_from !== undefined && filters.created_from !== null;
  const asked = useQuery({
    ...facetsQuery({ ...filters, created_from: since }),
    enabled: !own, refetchInterval: NEWS_MS, staleTime: 0,
  });
  return asked.data?.total ?? 0;
}

function Search({ query }: { query: URLSearchParams }) {
  const asked = query.get("q") ?? "";
  const [text, setText] = useState(asked);
  useEffect(() => setText(asked), [asked]);
  const search = (words: string) => go(address("tickets", changed(query, "q", words.trim() || null)));
  return (
    <SearchField aria-label="Search" className="search" value={text} onChange={setText} onSubmit={search} onClear={() => search("")}>
      <Input data-search placeholder="Search words, then Enter" maxLength={200} />
      {text && <Button className="icon" aria-label="Clear the search">×</Button>}
    </SearchField>
  );
}

function Chips({ query }: { query: URLSearchParams }) {
  const chips = chipsOf(query);
  if (!chips.length) return null;
  return (
    <ul className="chips" aria-label="Filters in force">
      {chips.map(({ text, without }) => (
        <li key={text}>
          <a href={address("tickets", without)} aria-label={`Remove ${text}`}>
            {text} <span aria-hidden="true">×</span>
          </a>
        </li>
      ))}
      <li><a className="clear" href="#/tickets">Clear all</a></li>
    </ul>
  );
}

function Nothing({ query, staff }: { query: URLSearchParams; staff: boolean }) {
  if (chipsOf(query).length) {
    return (
      <Empty title="No ticket fits">
        <p>No ticket has all of these filters. <a href="#/tickets">Clear them</a> to see every ticket.</p>
      </Empty>
    );
  }
  return (
    <Empty title="There are no tickets yet">
      <p>{staff ? "Tickets appear here as soon as someone hands one in." : "You have not asked for anything yet."}</p>
    </Empty>
  );
}

function Rows({ tickets, route, staff, renew, busy }: {
  tickets: readonly ListedTicket[];
  route: Route;
  staff: boolean;
  renew: () => void;
  busy: boolean;
}) {
  const place = useRef<HTMLTableSectionElement>(null);
  useEffect(() => keepList({ address: route.hash || "#/tickets", ids: tickets.map(({ id }) => id) }), [tickets, route.hash]);
  const move = (by: number) => {
    const links = [...(place.current?.querySelectorAll<HTMLAnchorElement>("a.row-link") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + by))]?.focus();
  };
  useKeys({ j: () => move(1), k: () => move(-1), ".": renew });
  return (
    <div className="table-wrap">
      <table className="rows" aria-busy={busy}>
        <thead>
          <tr>
            {staff && <th scope="col">Priority</th>}
            <th scope="col">Ticket</th>
            {staff && <th scope="col" className="wide">Confidence</th>}
            <th scope="col">Status</th>
            {staff && <th scope="col" className="wide">Due</th>}
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody ref={place}>
          {tickets.map((ticket) => <Row key={ticket.id} ticket={ticket} staff={staff} />)}
        </tbody>
      </table>
    </div>
  );
}

function Row({ ticket, staff }: { ticket: ListedTicket; staff: boolean }) {
  const running = ["PENDING", "IN_PROGRESS"].includes(ticket.workflow_status);
  return (
    <tr>
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
      {staff && <td className="wide"><Due ticket={ticket} /></td>}
      <td className="nowrap"><Time at={ticket.created_at} /></td>
    </tr>
  );
}

function Pages({ query, next }: { query: URLSearchParams; next: string | null }) {
  const at = query.has("cursor");
  if (!at && next === null) return null;
  const onward = new URLSearchParams(query);
  onward.set("cursor", next ?? "");
  const first = changed(query, "cursor", null);
  return (
    <nav className="pages" aria-label="Pages of the list">
      {at ? <a className="button" href={address("tickets", first)}>First page</a> : <span />}
      {next !== null && <a className="button" href={address("tickets", onward)}>Next page</a>}
    </nav>
  );
}
