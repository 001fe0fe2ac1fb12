import type { Schemas, Ticket } from "../../api/queries";
import { announce } from "../../parts/announce";
import { Card } from "../../parts/fields";
import { Push } from "../../parts/push";
import { address } from "../../routing";
import { useDiscard } from "./changes";

type Draft = Schemas["Draft"];

/** The proposed reply: each claim with the passage that it comes from. `use` puts it into the editor. */
export function DraftCard({ ticket, use }: { ticket: Ticket; use: () => void }) {
  const { draft } = ticket;
  const discarding = useDiscard(ticket);
  if (!draft) return null;
  if (draft.kind === "none") {
    return (
      <Card title="No proposed reply">
        <p className="quiet">No article answers this ticket, and it leaves no question open.</p>
      </Card>
    );
  }
  const copy = () =>
    navigator.clipboard.writeText(draft.text).then(
      () => announce("The draft is in the clipboard"),
      () => announce("The browser did not allow it: select the text and copy it", "error"),
    );
  return (
    <Card
      title={draft.kind === "question" ? "Proposed question" : "Proposed reply"}
      aside={<span className="quiet">{draft.origin.provider}{draft.revision > 0 && `, revision ${draft.revision}`}</span>}
    >
      <Body draft={draft} />
      {draft.estimate && (
        <p className="quiet">
          About {draft.estimate.minutes} minutes, as {draft.estimate.tickets} tickets before it.
        </p>
      )}
      <Findings draft={draft} />
      <div className="buttons">
        <Push className="button primary" onPress={use}>Edit and send <kbd>e</kbd></Push>
        <Push className="button" onPress={() => void copy()}>Copy the text</Push>
        <Push className="button" busy={discarding.isPending} onPress={() => discarding.mutate()}>Discard</Push>
      </div>
    </Card>
  );
}

function Body({ draft }: { draft: Draft }) {
  if (!draft.statements.length && !draft.steps.length) {
    return <p className="written">{draft.text}</p>;
  }
  const numbers = new Map(draft.citations.map(({ id }, index) => [id, index + 1]));
  return (
    <>
      {draft.statements.map((each) => <p key={each.text} className="written"><Claim claim={each} numbers={numbers} /></p>)}
      {draft.steps.length > 0 && (
        <ol className="steps">{draft.steps.map((each) => <li key={each.text}><Claim claim={each} numbers={numbers} /></li>)}</ol>
      )}
      {draft.citations.length > 0 && (
        <ol className="citations" aria-label="Sources">
          {draft.citations.map(({ id, slug, title, section }) => (
            <li key={id}><a href={address(`knowledge/${slug}`)}>{title}</a> <span className="quiet">› {section}</span></li>
          ))}
        </ol>
      )}
    </>
  );
}

function Claim({ claim, numbers }: { claim: Schemas["Claim"]; numbers: Map<string, number> }) {
  return (
    <>
      {claim.text}{" "}
      {claim.citations.map((id) => <sup key={id} className="cite">[{numbers.get(id) ?? "?"}]</sup>)}
    </>
  );
}

function Findings({ draft }: { draft: Draft }) {
  const { review } = draft;
  if (!review) return <p className="warning">Nobody has reviewed this draft: check each sentence.</p>;
  if (review.passed && !review.findings.length) return <p className="quiet">The review found nothing wrong.</p>;
  return (
    <ul className="findings">
      {review.findings.map(({ rule, reason, claim }) => (
        <li key={rule + claim} className="warning">{reason}{claim && <>: “{claim}”</>}</li>
      ))}
    </ul>
  );
}
