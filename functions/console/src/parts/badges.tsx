import type { ListedTicket, Schemas } from "../api/queries";
import { percent } from "../format";
import { Unknown } from "./states";
import { Time } from "./time";

const LEVELS: Record<string, string> = { critical: "P1", high: "P2", medium: "P3", low: "P4" };

export function Priority({ value }: { value: string | null }) {
  if (value === null) return <Unknown why="triage has not set a priority yet" />;
  return (
    <span className="priority" data-priority={value}>
      <span aria-hidden="true">{LEVELS[value]}</span> {value}
    </span>
  );
}

const REASONS: Record<Schemas["ReviewReason"], string> = {
  low_confidence: "triage is not sure enough",
  precision_unknown: "nobody has measured yet how often triage is right",
  nothing_fits: "nothing in the catalog fits",
  contradicted: "neither its words nor older tickets say what the model said",
  suspected_injection: "the text may try to instruct the model",
  original_in_review: "the ticket that it repeats waits for a review",
  draft_refused: "the review refused the proposed reply",
  run_failed: "the run of triage failed",
  person: "a person asked for it",
};

/** Why a person is needed, each reason in words. */
export function Reasons({ ticket: { review_reasons: reasons } }: { ticket: Pick<ListedTicket, "review_reasons"> }) {
  if (!reasons.length) return null;
  return (
    <ul className="reasons warning" aria-label="Why it needs a person">
      {reasons.map((reason) => <li key={reason}>{REASONS[reason]}</li>)}
    </ul>
  );
}

export function Status({ value }: { value: string }) {
  return (
    <span className="status" data-status={value}>
      {value}
    </span>
  );
}

export const band = (confidence: number): "high" | "medium" | "low" =>
  confidence >= 0.85 ? "high" : confidence >= 0.6 ? "medium" : "low";

/** How sure triage is: the number, a bar, and the band in a word. */
export function Confidence({ value }: { value: number | null }) {
  if (value === null) return <Unknown why="nothing has been predicted" />;
  return (
    <span className="confidence" data-band={band(value)}>
      <span className="confidence-bar" aria-hidden="true">
        <span style={{ inlineSize: percent(value).replace(" ", "") }} />
      </span>
      <span>
        {percent(value)} <span className="quiet">{band(value)}</span>
      </span>
    </span>
  );
}

export function Due({ ticket }: { ticket: Pick<ListedTicket, "due_at" | "status"> }) {
  if (ticket.due_at === null) return <Unknown why="no promise applies to this ticket" />;
  const over = ["solved", "closed"].includes(ticket.status);
  const left = Date.parse(ticket.due_at) - Date.now();
  const state = over ? "over" : left < 0 ? "late" : left < 3_600_000 ? "soon" : "fine";
  return (
    <span className="due" data-due={state}>
      {state === "late" && "late, "}
      {state === "soon" && "soon, "}
      <Time at={ticket.due_at} />
    </span>
  );
}
