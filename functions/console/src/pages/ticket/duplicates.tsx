import { useQuery } from "@tanstack/react-query";
import { ticketQuery, ticketsQuery, type Ticket } from "../../api/queries";
import { percent } from "../../format";
import { Status } from "../../parts/badges";
import { Push } from "../../parts/push";
import { Card } from "../../parts/fields";
import { address } from "../../routing";
import { useUnlink } from "./changes";

export function DuplicatesCard({ ticket }: { ticket: Ticket }) {
  const others = useQuery(ticketsQuery({ duplicate_of: ticket.id, limit: 5 }));
  const repeats = others.data?.tickets ?? [];
  const suggested = ticket.suggested_duplicates;
  if (!ticket.duplicate_of && !suggested.length && !repeats.length) return null;
  return (
    <Card title="Duplicates">
      {ticket.duplicate_of && <Original ticket={ticket} id={ticket.duplicate_of} />}
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
      {!ticket.duplicate_of && suggested.length > 0 && (
        <>
          <h3>May be the same as</h3>
          <ul className="plain">
            {suggested.map(({ ticket_id, subject, status, cosine }) => (
              <li key={ticket_id}>
                <a href={address(`tickets/${ticket_id}`)}>{subject}</a> <Status value={status} />{" "}
                <span className="quiet">{percent(cosine)} alike</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
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
