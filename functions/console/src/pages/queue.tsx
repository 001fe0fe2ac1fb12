import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Button, Input, SearchField } from "react-aria-components";
import { facetsQuery, ticketsChanged, ticketsQuery } from "../api/queries";
import { counted, number } from "../format";
import { useActions } from "../parts/actions";
import { Choose } from "../parts/fields";
import { Empty, Loaded } from "../parts/states";
import { address, go, type Route } from "../routing";
import type { Me } from "../session";
import { Facets } from "./facets";
import { NameDialog, useViewActions, Views } from "./views";
import { BulkBar, NOTHING } from "./bulk";
import { ExportDialog } from "./export";
import { changed, chipsOf, filtersOf, listOf, PRIORITIES, selectionOf, SORTS, STATUSES, toggled, viewOf } from "./filters";
import { Rows } from "./rows";

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
  const tickets = total.data ? `${counted(total.data.total, total.data.complete)} ${total.data.total === 1 ? "ticket" : "tickets"}` : "";
  const [exporting, setExporting] = useState(false);
  const [naming, setNaming] = useState(false);
  const [chosen, setChosen] = useState(NOTHING);
  const selection = selectionOf(query).toString();
  // Another list: what was selected is not on it.
  useEffect(() => setChosen(NOTHING), [selection]);
  const [since, setSince] = useState(() => new Date().toISOString());
  const news = useNews(query, since);
  const renew = () => {
    setSince(new Date().toISOString());
    void ticketsChanged();
  };
  const filter = (name: string) => (value: string) => ({
    text: `Only ${name.replace("_", " ")}: ${value}`, words: "filter",
    act: () => go(address("tickets", toggled(query, name, value, true))),
  });
  const views = useViewActions();
  useActions([
    ...views,
    { text: "Name this list", words: "save view", act: () => setNaming(true) },
    { text: "Export this list", words: "download excel csv", act: () => setExporting(true) },
    ...STATUSES.map(filter("status")), ...PRIORITIES.map(filter("priority")), ...["true"].map(filter("needs_review")),
    ...Object.entries(SORTS).map(([id, text]) => ({ text: `Order: ${text}`, act: () => go(address("tickets", changed(query, "sort", id || null))) })),
  ].filter(() => staff));
  return (
    <div className={staff ? "page with-facets" : "page"}>
      {staff && <Facets query={query}><Views query={query} /></Facets>}
      <section aria-label="Tickets" className="list">
        <div className="list-head">
          <h1>{staff ? "Queue" : "My tickets"}</h1>
          <span className="quiet" aria-live="polite">
            {tickets}
          </span>
          <Search query={query} />
          <Choose
            label="Order" hideLabel value={query.get("sort") ?? ""}
            choices={Object.entries(SORTS).map(([id, text]) => ({ id, text }))}
            onChange={(sort) => go(address("tickets", changed(query, "sort", sort)))}
          />
          {staff && <Button className="button" onPress={() => setNaming(true)} isDisabled={!viewOf(query)}>Name…</Button>}
          {staff && <Button className="button" onPress={() => setExporting(true)} isDisabled={!total.data?.total}>Export…</Button>}
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
                <Rows tickets={tickets} route={route} staff={staff} renew={renew} busy={asked.isPlaceholderData} chosen={chosen} setChosen={setChosen} />
                <Pages query={query} next={next_cursor} />
                {(chosen.all || chosen.versions.size > 0) && <BulkBar chosen={chosen} setChosen={setChosen} query={query} total={total.data?.total ?? 0} />}
              </>
            )
          }
        </Loaded>
      </section>
      {naming && <NameDialog query={query} close={() => setNaming(false)} />}
      {exporting && <ExportDialog query={query} tickets={tickets} close={() => setExporting(false)} />}
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
