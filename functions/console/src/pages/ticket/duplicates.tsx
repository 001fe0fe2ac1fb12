import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { ticketQuery, ticketsQuery, type Ticket } from "../../api/queries";
import { percent } from "../../format";
import { useKeys } from "../../keys";
import { useActions } from "../../parts/actions";
import { Status } from "../../parts/badges";
import { Push } from "../../parts/push";
import { Card } from "../../parts/fields";
import { address } from "../../routing";
import { useLink, useUnlink } from "./changes";
import { LinkDialog } from "./link";

/** What the ticket repeats, what repeats it, and what it may be; a person links and unlinks. */
export function DuplicatesCard({ ticket }: { ticket: Ticket }) {
  const [linking, setLinking] = useState(false);
  const others = useQuery(ticketsQuery({ duplicate_of: ticket.id, limit: 5 }));
  const repeats = others.data?.tickets ?? [];
  const ask = () => !ticket.duplicate_of && setLinking(true);
  useKeys({ d: ask });
  useActions(ticket.duplicate_of ? [] : [{ text: "Duplicate of another ticket…", words: "link merge", act: ask }]);
  return (
    <Card title="Duplicates">
      {ticket.duplicate_of ? <Original ticket={ticket} id={ticket.duplicate_of} /> : <Suggested ticket={ticket} />}
      {repeats.length > 0 && (
        <>
          <h3>Reported again by</h3>
          <ul className="plain">
            {repeats.map(({ id, subject, status }) => (
              <li key={id}><a href={address(`tickets/${id}`)}>{subject}</a> <Status value={status} /></li>
            ))}
          </ul>
        </>
      )}
      {!ticket.duplicate_of && (
        <div className="buttons"><Button className="button" onPress={ask}>Duplicate of… <kbd>d</kbd></Button></div>
      )}
      {linking && <LinkDialog ticket={ticket} close={() => setLinking(false)} />}
    </Card>
  );
}

function Suggested({ ticket }: { ticket: Ticket }) {
  const link = useLink(ticket);
  const suggested = ticket.suggested_duplicates;
  if (!suggested.length) return <p className="quiet">It is not known to repeat another one.</p>;
  return (
    <>
      <h3>May be the same as</h3>
      <ul className="plain">
        {suggested.map(({ ticket_id, subject, status, cosine }) => (
          <li key={ticket_id} className="with-action">
            <span>
              <a href={address(`tickets/${ticket_id}`)}>{subject}</a> <Status value={status} />{" "}
              <span className="quiet">{percent(cosine)} alike</span>
            </span>
            <Push className="button" busy={link.isPending} onPress={() => link.mutate(ticket_id)}>
              Link<span className="hidden"> to {subject}</span>
            </Push>
          </li>
        ))}
      </ul>
    </>
  );
}

function Original({ ticket, id }: { ticket: Ticket; id: string }) {
  const original = useQuery(ticketQuery(id));
  const unlink = useUnlink(ticket);
  return (
    <>
      <p>
        Repeats <a href={address(`tickets/${id}`)}>{original.data?.subject ?? id}</a>
        {original.data && <> <Status value={original.data.status} /></>}
      </p>
      <Push className="button" onPress={() => unlink.mutate()} busy={unlink.isPending}>
        Not a duplicate
      </Push>
    </>
  );
}
