import { QueryClient, type Query } from "@tanstack/react-query";
import { announce } from "../parts/announce";
import { body, client } from "./client";
import { Problem, sentenceOf } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Ticket = Schemas["StoredTicket"];
export type ListedTicket = Schemas["TicketInPage"];
export type TicketsQuery = NonNullable<paths["/tickets"]["get"]["parameters"]["query"]>;
export type FacetsQuery = NonNullable<paths["/tickets/facets"]["get"]["parameters"]["query"]>;

const temporary = (error: unknown) =>
  error instanceof Problem && (error.status === 0 || error.status >= 500);

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, error) => count < 2 && temporary(error),
      retryDelay: (count, error) =>
        error instanceof Problem && error.retryAfter ? error.retryAfter * 1000 : 500 * 2 ** count,
    },
    mutations: {
      onError: (error) => announce(sentenceOf(error), "error"),
    },
  },
});

const SPREAD = 0.2;
const PART = 100;

// A window that nobody types in is read as seldom as a list.
const ASIDE_S = 20;

/** Polls fast at first and then ever slower; stops when `done`. The page must be visible. */
export function paced<T>(done: (data: T) => boolean) {
  const started = Date.now();
  return (query: Query<T, Error, T, readonly unknown[]>): number | false => {
    const data = query.state.data;
    if (data !== undefined && done(data)) return false;
    if (query.state.error instanceof Problem && query.state.error.retryAfter) {
      return query.state.error.retryAfter * 1000;
    }
    const seconds = (Date.now() - started) / 1000;
    const pause = !document.hasFocus() ? ASIDE_S : seconds < 15 ? 1 : Math.min(10, seconds / 8);
    return pause * 1000 * (1 + SPREAD * (2 * Math.random() - 1));
  };
}

export const ticketQuery = (id: string) => ({
  queryKey: ["tickets", "one", id] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    body(client.GET("/tickets/{ticket_id}", { params: { path: { ticket_id: id } }, signal })),
});

export const ticketsQuery = (query: TicketsQuery) => ({
  queryKey: ["tickets", "list", query] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    body(client.GET("/tickets", { params: { query }, signal })),
});

export const facetsQuery = (query: FacetsQuery) => ({
  queryKey: ["tickets", "facets", query] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    body(client.GET("/tickets/facets", { params: { query }, signal })),
});

/** What happened: later reads ask for the events after the last one only. */
export const eventsQuery = (id: string) => {
  const queryKey = ["tickets", "events", id] as const;
  const read = (signal: AbortSignal, after?: number) =>
    body(client.GET("/tickets/{ticket_id}/events", { params: { path: { ticket_id: id }, query: after ? { after } : {} }, signal }));
  return {
    queryKey,
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const known = queries.getQueryData<Schemas["Trail"]>(queryKey)?.events ?? [];
      const last = known.at(-1)?.id;
      const { events: fresh, count } = await read(signal, last);
      const events = last ? [...known, ...fresh] : fresh;
      // One that was stored late has an earlier number.
      return events.length === count ? { events, count } : read(signal);
    },
  };
};

/** What was written about the ticket: later reads ask for what came after the last message only. */
export const messagesQuery = (id: string) => {
  const queryKey = ["tickets", "messages", id] as const;
  return {
    queryKey,
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const found = [...(queries.getQueryData<Schemas["Message"][]>(queryKey) ?? [])];
      for (;;) {
        const after = found.at(-1)?.id;
        const { messages } = await body(
          client.GET("/tickets/{ticket_id}/messages", {
            params: { path: { ticket_id: id }, query: { limit: PART, ...(after ? { after } : {}) } }, signal,
          }),
        );
        found.push(...messages);
        if (messages.length < PART) return found;
      }
    },
  };
};

export const clockQuery = (id: string) => ({
  queryKey: ["tickets", "sla", id] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    body(client.GET("/tickets/{ticket_id}/sla", { params: { path: { ticket_id: id } }, signal })),
});

export const runQuery = (id: number) => ({
  queryKey: ["tickets", "run", id] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    body(client.GET("/runs/{run_id}", { params: { path: { run_id: id } }, signal })),
});

export const exportQuery = (id: string) => ({
  queryKey: ["exports", id] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    body(client.GET("/exports/{export_id}", { params: { path: { export_id: id } }, signal })),
});

const HOUR = 3_600_000;

export const catalogQuery = () => ({
  queryKey: ["catalog"] as const,
  staleTime: HOUR,
  queryFn: ({ signal }: { signal: AbortSignal }) => body(client.GET("/catalog", { signal })),
});

export const peopleQuery = () => ({
  queryKey: ["people"] as const,
  staleTime: HOUR,
  queryFn: ({ signal }: { signal: AbortSignal }) => body(client.GET("/people", { signal })),
});

/** What a write changes: whatever shows tickets is read again. */
export const ticketsChanged = () => queries.invalidateQueries({ queryKey: ["tickets"] });
