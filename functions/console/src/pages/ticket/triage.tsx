import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { catalogQuery, type Schemas, type Ticket } from "../../api/queries";
import { useKeys } from "../../keys";
import { useActions } from "../../parts/actions";
import { Confidence, Reasons, band } from "../../parts/badges";
import { Card, Choose } from "../../parts/fields";
import { Push } from "../../parts/push";
import { useCorrection } from "./changes";
import { evidenceOf, prioritySteps } from "./evidence";

const MEANING = {
  high: "By its own estimate, triage is sure.",
  medium: "By its own estimate, triage is not quite sure: read it.",
  low: "This is little more than a guess.",
};

/** What triage decided and why; a person accepts it, or says what is right. */
export function TriageCard({ ticket }: { ticket: Ticket }) {
  const [correcting, setCorrecting] = useState(false);
  const correction = useCorrection(ticket);
  const { category, request_type } = ticket;
  const decided = category !== null && request_type !== null;
  const accept = () => decided && correction.mutate({ category, request_type });
  const judged = ticket.provenance["category"] === "human";
  useActions([
    ...(decided && !judged ? [{ text: "Accept the triage", words: "approve", act: accept }] : []),
    { text: "Correct the triage", words: "category request type", act: () => setCorrecting(true) },
  ]);
  useKeys({ a: () => !judged && accept(), c: () => setCorrecting(true) });
  return (
    <Card
      title="Triage" {...(ticket.needs_review ? { tone: "attention" as const } : {})}
      aside={ticket.needs_review ? <span className="tag attention">needs a person</span> : undefined}
    >
      <Running ticket={ticket} />
      <Reasons ticket={ticket} />
      {decided && (
        <>
          <p className="decision">{category} <span className="quiet">›</span> {request_type}</p>
          {ticket.route && <p>goes to {ticket.route}</p>}
          {judged ? <p className="quiet">A person has said so.</p> : <Sure ticket={ticket} />}
          <Because ticket={ticket} />
        </>
      )}
      {!decided && ticket.likely_places && (
        <>
          <p className="decision">Nothing fits: which of these is it?</p>
          {ticket.route && <p>waits at {ticket.route}</p>}
          <ol className="candidates">
            {ticket.likely_places.map((place) => (
              <li key={place.category + place.request_type}>
                <Push
                  className="button candidate" busy={correction.isPending}
                  onPress={() => correction.mutate({ category: place.category, request_type: place.request_type })}
                >
                  <span>
                    {place.category} <span className="quiet">›</span> {place.request_type}
                    <span className="quiet"> {place.why}</span>
                  </span>
                </Push>
              </li>
            ))}
          </ol>
        </>
      )}
      {correcting ? (
        <Correct ticket={ticket} send={correction.mutateAsync} close={() => setCorrecting(false)} />
      ) : (
        <div className="buttons">
          {decided && !judged && (
            <Push className="button primary" onPress={accept} busy={correction.isPending}>
              Accept <kbd>a</kbd>
            </Push>
          )}
          <Button className="button" onPress={() => setCorrecting(true)}>Correct <kbd>c</kbd></Button>
        </div>
      )}
    </Card>
  );
}

function Running({ ticket }: { ticket: Ticket }) {
  const { workflow_status: state, workflow_step: step } = ticket;
  if (state === "PENDING") return <p className="running" role="status">Waiting for its turn…</p>;
  if (state === "IN_PROGRESS") {
    return <p className="running" role="status">Now: {step ? step.replace(/_/g, " ") : "starting"}…</p>;
  }
  if (state === "FAILED") {
    return <p className="wrong">Triage failed at {ticket.workflow_step?.replace(/_/g, " ") ?? "its start"}: {ticket.workflow_reason ?? ticket.workflow_error}</p>;
  }
  return (
    <>
      {ticket.degraded.length > 0 && (
        <p className="warning">Without {ticket.degraded.map((each) => each.replace(/_/g, " ")).join(", ")}, which failed.</p>
      )}
      {ticket.ai_status === "FALLBACK" && <p className="warning">The usual model did not answer; {ticket.ai_provider} did.</p>}
    </>
  );
}

function Sure({ ticket }: { ticket: Ticket }) {
  return (
    <div>
      <Confidence value={ticket.confidence} />
      {ticket.confidence !== null && <p className="quiet">{MEANING[band(ticket.confidence)]}</p>}
    </div>
  );
}

function Because({ ticket }: { ticket: Ticket }) {
  const evidence = evidenceOf(ticket);
  const steps = prioritySteps(ticket);
  return (
    <>
      {evidence.length > 0 && (
        <>
          <h3>Because the ticket</h3>
          <ul className="reasons">{evidence.slice(0, 6).map(({ sentence }) => <li key={sentence}>{sentence}</li>)}</ul>
        </>
      )}
      {steps.length > 0 && (
        <details>
          <summary>Why {ticket.priority} priority</summary>
          <ol className="reasons">{steps.map((step) => <li key={step}>{step}</li>)}</ol>
        </details>
      )}
    </>
  );
}

function Correct({ ticket, send, close }: {
  ticket: Ticket;
  send: (said: Schemas["Correction"]) => Promise<unknown>;
  close: () => void;
}) {
  const catalog = useQuery(catalogQuery());
  const categories = catalog.data?.categories ?? [];
  const [category, setCategory] = useState(ticket.category);
  const [type, setType] = useState(ticket.request_type);
  const types = categories.find(({ name }) => name === category)?.request_types ?? [];
  const known = types.some(({ name }) => name === type) ? type : null;
  const save = async () => {
    if (category === null || known === null) return;
    await send({ category, request_type: known });
    close();
  };
  return (
    <div className="form" role="group" aria-label="Correct the triage">
      <Choose
        label="Category" value={category} onChange={setCategory} isDisabled={!catalog.data}
        choices={categories.map(({ name, description }) => ({ id: name, text: name, detail: description }))}
      />
      <Choose
        label="Request type" value={known} onChange={setType} isDisabled={types.length === 0}
        choices={types.map(({ name, description }) => ({ id: name, text: name, detail: description }))}
      />
      {catalog.error && <p className="wrong">{catalog.error.message}</p>}
      <div className="buttons">
        <Button className="button primary" onPress={() => void save().catch(() => undefined)} isDisabled={known === null}>Save</Button>
        <Button className="button" onPress={close}>Cancel</Button>
      </div>
    </div>
  );
}
