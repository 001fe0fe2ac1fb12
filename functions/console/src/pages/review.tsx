import { useQueries, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { body, client } from "../api/client";
import { sentenceOf } from "../api/problem";
import { catalogQuery, queries, ticketQuery, ticketsChanged, type Ticket } from "../api/queries";
import { number } from "../format";
import { useKeys } from "../keys";
import { announce, dismiss } from "../parts/announce";
import { Confidence, Priority, Reasons } from "../parts/badges";
import { Card, Choose } from "../parts/fields";
import { Push } from "../parts/push";
import { Empty, Loaded } from "../parts/states";
import { address } from "../routing";
import { evidenceOf } from "./ticket/evidence";
import { Subject, TextCard } from "./ticket/text";

type Pair = { category: string; request_type: string };
type Decision = { ticket: Ticket; pair: Pair };

// A decision is sent when the next one is made, or after this time: until then it can be undone.
const UNDO_MS = 8_000;
const AHEAD = 3;
const AT_ONCE = 100;

/** Tickets that need a person, one at a time, the least sure first. */
export function Review() {
  const [skipped, setSkipped] = useState<readonly string[]>([]);
  const [done, setDone] = useState<readonly string[]>([]);
  // Read once: who reviews sees every ticket of it, whatever is decided meanwhile.
  const asked = useQuery({
    queryKey: ["review"],
    queryFn: ({ signal }) =>
      body(client.GET("/tickets", { params: { query: { needs_review: true, status: ["new", "open", "pending", "hold"], sort: "confidence", limit: AT_ONCE } }, signal })),
    staleTime: Infinity, gcTime: 0,
  });
  const decide = useDecisions((id) => setDone((before) => before.filter((each) => each !== id)));
  return (
    <div className="page">
      <Loaded asked={asked} rows={5}>
        {({ tickets }) => {
          const open = tickets.map(({ id }) => id).filter((id) => !done.includes(id));
          const rows = [...open.filter((id) => !skipped.includes(id)), ...skipped.filter((id) => open.includes(id))];
          const [id, ...next] = rows;
          return (
            <>
              <header className="list-head">
                <h1>Review</h1>
                <span className="quiet" role="status">
                  {done.length} of {number(tickets.length)}{tickets.length === AT_ONCE && " or more"}
                </span>
                <span className="quiet keys-line">
                  <kbd>1</kbd><kbd>2</kbd><kbd>3</kbd> choose · <kbd>a</kbd> accept · <kbd>s</kbd> skip · <kbd>z</kbd> undo
                </span>
              </header>
              {id === undefined ? (
                <Empty title={tickets.length ? "All are reviewed" : "Nothing to review"}>
                  <p>{tickets.length ? "Look again, in case new ones have come." : "Triage is sure of every open ticket."}</p>
                  <Push className="button" onPress={() => { setDone([]); setSkipped([]); void asked.refetch(); }}>Look again</Push>
                </Empty>
              ) : (
                <One
                  key={id} id={id} ahead={next.slice(0, AHEAD)}
                  decide={(ticket, pair) => { setDone((before) => [...before, id]); decide({ ticket, pair }); }}
                  skip={() => setSkipped((before) => [...before.filter((each) => each !== id), id])}
                />
              )}
            </>
          );
        }}
      </Loaded>
    </div>
  );
}

/** Sends each decision a moment later than it is made; the last one can be taken back meanwhile. */
function useDecisions(restore: (id: string) => void) {
  const waiting = useRef<(Decision & { notice: number }) | null>(null);
  const timer = useRef(0);
  const flush = useCallback(async () => {
    clearTimeout(timer.current);
    const decision = waiting.current;
    waiting.current = null;
    if (!decision) return;
    dismiss(decision.notice);
    try {
      await send(decision);
    } catch (error) {
      restore(decision.ticket.id);
      announce(sentenceOf(error as Error), "error");
    }
  }, [restore]);
  const undo = () => {
    clearTimeout(timer.current);
    const decision = waiting.current;
    waiting.current = null;
    if (!decision) return;
    restore(decision.ticket.id);
    announce("Undone: it is here again");
  };
  const latest = useRef(flush);
  latest.current = flush;
  useEffect(() => {
    const leaving = () => void latest.current();
    addEventListener("pagehide", leaving);
    return () => {
      removeEventListener("pagehide", leaving);
      // A list that is read before the last decision is stored would still show its ticket.
      void latest.current().finally(ticketsChanged);
    };
  }, []);
  const decide = (decision: Decision) => {
    void flush();
    const { category, request_type } = decision.pair;
    waiting.current = { ...decision, notice: announce(`${category} › ${request_type}`, "done", undo) };
    timer.current = window.setTimeout(() => void latest.current(), UNDO_MS);
  };
  return decide;
}

const send = ({ ticket, pair }: Decision) =>
  body(
    client.POST("/tickets/{ticket_id}/corrections", {
      params: { path: { ticket_id: ticket.id }, header: { "Idempotency-Key": crypto.randomUUID() } },
      body: pair,
      keepalive: true,
    }),
  );

function One({ id, ahead, decide, skip }: {
  id: string;
  ahead: readonly string[];
  decide: (ticket: Ticket, pair: Pair) => void;
  skip: () => void;
}) {
  const asked = useQuery({ ...ticketQuery(id), staleTime: 60_000 });
  const next = ahead.join();
  useEffect(() => {
    for (const each of next.split(",").filter(Boolean)) void prepare(each);
  }, [next]);
  useKeys({ s: skip });
  return (
    <Loaded asked={asked} rows={5}>
      {(ticket) => (
        <div className="columns">
          <div className="column">
            <div className="ticket-title">
              <Priority value={ticket.priority} />
              <h2 className="review-subject" dir="auto"><Subject ticket={ticket} /></h2>
            </div>
            <TextCard ticket={ticket} />
            <p><a href={address(`tickets/${id}`)}>Everything about this ticket</a></p>
          </div>
          <div className="column side">
            <Choices ticket={ticket} decide={(pair) => decide(ticket, pair)} skip={skip} />
          </div>
        </div>
      )}
    </Loaded>
  );
}

function Choices({ ticket, decide, skip }: { ticket: Ticket; decide: (pair: Pair) => void; skip: () => void }) {
  const catalog = useQuery(catalogQuery());
  const known = catalog.data?.categories.flatMap(({ name, request_types }) => request_types.map((type): Pair => ({ category: name, request_type: type.name }))) ?? [];
  const pairs = useCandidates(ticket);
  const choose = (at: number) => pairs[at] && decide(pairs[at].pair);
  useKeys({ a: () => choose(0), "1": () => choose(0), "2": () => choose(1), "3": () => choose(2) });
  return (
    <Card title="Where does it belong?">
      <Reasons ticket={ticket} />
      <Confidence value={ticket.confidence} />
      <ol className="candidates">
        {pairs.map(({ pair, why }, at) => (
          <li key={pair.category + pair.request_type}>
            <Push className="button candidate" onPress={() => choose(at)}>
              <kbd>{at + 1}</kbd>
              <span>
                {pair.category} › {pair.request_type}
                <span className="quiet"> {why}</span>
              </span>
            </Push>
          </li>
        ))}
      </ol>
      <Choose
        label="Another one" value={null} isDisabled={!known.length}
        choices={known.map((pair) => ({ id: JSON.stringify(pair), text: `${pair.category} › ${pair.request_type}` }))}
        onChange={(chosen) => decide(JSON.parse(chosen) as Pair)}
      />
      <ul className="reasons">{evidenceOf(ticket).slice(0, 5).map(({ sentence }) => <li key={sentence}>{sentence}</li>)}</ul>
      <div className="buttons">
        <Push className="button" onPress={skip}>Skip <kbd>s</kbd></Push>
      </div>
    </Card>
  );
}

const similarTo = (ticket: Ticket) =>
  (ticket.research?.solved.slice(0, 5) ?? []).map(({ ticket_id }) => ({ ...ticketQuery(ticket_id), staleTime: 600_000 }));

/** Reads all that a ticket will show, so that nobody waits for it after a decision. */
async function prepare(id: string) {
  await queries.prefetchQuery({ ...ticketQuery(id), staleTime: 60_000 });
  const ticket = queries.getQueryData<Ticket>(ticketQuery(id).queryKey);
  if (ticket) await Promise.all(similarTo(ticket).map((each) => queries.prefetchQuery(each)));
}

/** What triage says, the likeliest places, and then where people put the most similar solved tickets. */
function useCandidates(ticket: Ticket): { pair: Pair; why: string }[] {
  const found = useQueries({ queries: similarTo(ticket) });
  const all = [
    { category: ticket.category, request_type: ticket.request_type, why: "says triage" },
    ...(ticket.likely_places ?? []),
    ...found.map(({ data }) => ({ category: data?.category ?? null, request_type: data?.request_type ?? null, why: "a similar ticket" })),
  ];
  const seen = new Map<string, { pair: Pair; why: string }>();
  for (const { category, request_type, why } of all) {
    if (category === null || request_type === null) continue;
    const name = `${category}\n${request_type}`;
    if (!seen.has(name)) seen.set(name, { pair: { category, request_type }, why });
  }
  return [...seen.values()].slice(0, 3);
}
