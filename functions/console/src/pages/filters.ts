import type { FacetsQuery, TicketsQuery } from "../api/queries";

export const STATUSES = ["new", "open", "pending", "hold", "solved", "closed"] as const;
export const PRIORITIES = ["critical", "high", "medium", "low"] as const;
export const SORTS = { "": "newest first", due: "due first", confidence: "least sure first", age: "oldest first" };

const SEVERAL = ["kind", "channel", "status", "priority", "category", "request_type", "department", "tag", "customer_id", "assignee", "workflow_status"] as const;
const FLAGS = ["needs_review", "duplicate", "escalated"] as const;
const SINGLE = ["duplicate_of", "created_from", "created_to", "q", "figure", "figure_from", "figure_to"] as const;

/** The filters of an address, as the API takes them; what it does not know is left out. */
export function filtersOf(query: URLSearchParams): FacetsQuery {
  const found: Record<string, unknown> = {};
  for (const name of SEVERAL) if (query.has(name)) found[name] = query.getAll(name);
  for (const name of FLAGS) {
    const value = query.get(name);
    if (value === "true" || value === "false") found[name] = value === "true";
  }
  for (const name of SINGLE) if (query.get(name)) found[name] = query.get(name);
  return found as FacetsQuery;
}

export function listOf(query: URLSearchParams): TicketsQuery {
  const sort = query.get("sort");
  const cursor = query.get("cursor");
  return {
    ...filtersOf(query),
    ...(sort && sort in SORTS ? { sort: sort as NonNullable<TicketsQuery["sort"]> } : {}),
    ...(cursor ? { cursor } : {}),
    limit: 25,
  };
}

/** What selects the tickets, without the order and the page. */
export function selectionOf(query: URLSearchParams): URLSearchParams {
  const names: readonly string[] = [...SEVERAL, ...FLAGS, ...SINGLE];
  return new URLSearchParams([...query].filter(([name]) => names.includes(name)));
}

/** What a list is called by: its filters and its order, on every page of it. */
export function viewOf(query: URLSearchParams): string {
  const named = selectionOf(query);
  const sort = query.get("sort");
  if (sort && sort in SORTS) named.set("sort", sort);
  return named.toString();
}

/** The address's query with a value of a filter switched on or off; it begins at the first page. */
export function toggled(query: URLSearchParams, name: string, value: string, on: boolean): URLSearchParams {
  const next = new URLSearchParams(query);
  const others = next.getAll(name).filter((each) => each !== value);
  next.delete(name);
  next.delete("cursor");
  for (const each of others) next.append(name, each);
  if (on) next.append(name, value);
  return next;
}

export function changed(query: URLSearchParams, name: string, value: string | null): URLSearchParams {
  const next = new URLSearchParams(query);
  next.delete("cursor");
  if (value) next.set(name, value);
  else next.delete(name);
  return next;
}

/** What narrows the list, as chips: each with the query without it. */
export function chipsOf(query: URLSearchParams): { text: string; without: URLSearchParams }[] {
  return [...selectionOf(query)].map(([name, value]) => (
    { text: `${name.replace(/_/g, " ")}: ${value}`, without: toggled(query, name, value, false) }
  ));
}
