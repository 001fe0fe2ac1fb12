import type { Ticket } from "../../api/queries";
import { Card } from "../../parts/fields";
import { evidenceOf } from "./evidence";
import { find, Marked, unitsOf, type Mark } from "./marked";

/** What the requester wrote, with the words that triage decided by. */
export function TextCard({ ticket }: { ticket: Ticket }) {
  const marks = marksOf(ticket, "body");
  return (
    <Card title="What was written" aside={marks.length > 0 && <Legend marks={marks} />}>
      {ticket.body ? (
        <div className="written" dir="auto">
          <Marked text={ticket.body} marks={marks} />
        </div>
      ) : (
        <p className="quiet">There is only a subject.</p>
      )}
      {ticket.tags.length > 0 && (
        <ul className="tags" aria-label="Tags">
          {ticket.tags.map((tag) => <li key={tag} className="tag">{tag}</li>)}
        </ul>
      )}
      {ticket.secrets.length > 0 && (
        <p className="quiet">Hidden in this text: {ticket.secrets.map(({ kind }) => kind).join(", ")}.</p>
      )}
    </Card>
  );
}

function Legend({ marks }: { marks: readonly Mark[] }) {
  const kinds = new Set(marks.map(({ kind }) => kind));
  return (
    <span className="legend">
      {kinds.has("evidence") && <mark data-kind="evidence">evidence</mark>}
      {kinds.has("entity") && <mark data-kind="entity">fact</mark>}
    </span>
  );
}

/** The subject with its marks: triage reads it too. */
export function Subject({ ticket }: { ticket: Ticket }) {
  return <Marked text={ticket.subject} marks={marksOf(ticket, "subject")} />;
}

function marksOf(ticket: Ticket, field: "subject" | "body"): Mark[] {
  const text = ticket[field];
  const quoted = evidenceOf(ticket).flatMap(({ quote, sentence }) => find(text, quote, sentence));
  const entities = { ...ticket.entities?.values, ...ticket.entities?.custom };
  const facts = Object.entries(entities).flatMap(([name, entity]): Mark[] => {
    if (!entity || entity.field !== field) return [];
    const [start, end] = unitsOf(text, entity.start, entity.end);
    return [{ start, end, kind: "entity", title: `${name}: ${entity.value}` }];
  });
  return [...quoted, ...facts];
}
