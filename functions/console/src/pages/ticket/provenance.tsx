import type { Ticket } from "../../api/queries";
import { words } from "../../format";
import { Card, Facts } from "../../parts/fields";

const SETTERS = { human: "a person", rule: "a rule", ai: "triage" };

export function EntitiesCard({ ticket }: { ticket: Ticket }) {
  const entities = { ...ticket.entities?.values, ...ticket.entities?.custom };
  const known = Object.entries(entities).flatMap(([name, entity]): [string, string][] =>
    entity ? [[words(name), String(entity.value)]] : [],
  );
  if (!known.length) return null;
  return (
    <Card title="Facts">
      <Facts facts={known} />
    </Card>
  );
}

/** Who set each field last. */
export function ProvenanceCard({ ticket }: { ticket: Ticket }) {
  const set = Object.entries(ticket.provenance).map(([name, who]): [string, string] => [words(name), SETTERS[who]]);
  const model = ticket.ai_provider && [ticket.ai_provider, ticket.ai_model !== "none" && ticket.ai_model].filter(Boolean).join(" ");
  return (
    <Card title="Provenance">
      <Facts facts={[...set, ...(model ? [["Model", model] as [string, string]] : []), ["Version", String(ticket.version)]]} />
    </Card>
  );
}
