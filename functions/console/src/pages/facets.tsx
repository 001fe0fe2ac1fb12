import { useQueries, useQuery } from "@tanstack/react-query";
import { useId, type ReactNode } from "react";
import { facetsQuery, type Schemas } from "../api/queries";
import { counted } from "../format";
import { address, go } from "../routing";
import { filtersOf, PRIORITIES, STATUSES, toggled } from "./filters";

type Name = "status" | "priority" | "category" | "needs_review" | "escalated";

const GROUPS: readonly { name: Name; title: string; values?: readonly string[] }[] = [
  { name: "status", title: "Status", values: STATUSES },
  { name: "priority", title: "Priority", values: PRIORITIES },
  { name: "needs_review", title: "Review", values: ["true"] },
  { name: "escalated", title: "Escalated", values: ["true"] },
  { name: "category", title: "Category" },
];
const LABELS: Partial<Record<Name, string>> = { needs_review: "needs a person", escalated: "escalated" };

/** Filters with their counts. A filter's own counts are those of the list without it. */
export function Facets({ query, children }: { query: URLSearchParams; children: ReactNode }) {
  const whole = useQuery({ ...facetsQuery(filtersOf(query)), placeholderData: (before) => before });
  const active = GROUPS.filter(({ name }) => query.has(name));
  const others = useQueries({
    queries: active.map(({ name }) => {
      const without = new URLSearchParams(query);
      without.delete(name);
      return { ...facetsQuery(filtersOf(without)), placeholderData: (before: Schemas["Facets"] | undefined) => before };
    }),
  });
  return (
    <aside className="facets" aria-label="Filters">
      {children}
      {GROUPS.map((group) => {
        const at = active.indexOf(group);
        const data = at < 0 ? whole.data : others[at]?.data;
        return <Group key={group.name} {...group} facets={data?.[group.name]} complete={data?.complete ?? true} query={query} />;
      })}
    </aside>
  );
}

function Group({ name, title, values, facets, complete, query }: {
  name: Name;
  title: string;
  values?: readonly string[];
  facets: readonly Schemas["Facet"][] | undefined;
  complete: boolean;
  query: URLSearchParams;
}) {
  const counts = new Map(facets?.map(({ value, n }) => [String(value), n]));
  const chosen = query.getAll(name);
  const found = facets?.flatMap(({ value }) => (value === null ? [] : [String(value)])) ?? [];
  const shown = values ?? [...new Set([...found, ...chosen])];
  if (!shown.length) return null;
  return (
    <fieldset className="facet">
      <legend>{title}</legend>
      {shown.map((value) => (
        <Value
          key={value}
          text={LABELS[name] ?? value}
          n={facets && counted(counts.get(value) ?? 0, complete)}
          on={chosen.includes(value)}
          change={(on) => go(address("tickets", toggled(query, name, value, on)))}
        />
      ))}
    </fieldset>
  );
}

function Value({ text, n, on, change }: {
  text: string;
  n: string | undefined;
  on: boolean;
  change: (on: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="facet-value">
      <input id={id} type="checkbox" checked={on} onChange={(event) => change(event.target.checked)} />
      <label htmlFor={id}>{text}</label>
      <span className="count">{n ?? ""}</span>
    </div>
  );
}
