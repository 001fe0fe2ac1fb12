import { useQuery } from "@tanstack/react-query";
import { eventsQuery, type Schemas, type Ticket } from "../../api/queries";
import { duration, person, words } from "../../format";
import { Loaded } from "../../parts/states";
import { Time } from "../../parts/time";

type Event = Schemas["Event"];

/** Everything that happened to the ticket, the newest first. */
export function Trail({ ticket }: { ticket: Ticket }) {
  const asked = useQuery({ ...eventsQuery(ticket.id), refetchInterval: ticket.workflow_status === "IN_PROGRESS" ? 3_000 : false });
  return (
    <Loaded asked={asked} rows={6}>
      {({ events }) => (
        <ol className="trail">
          {[...events].reverse().map((event) => (
            <li key={event.id} data-kind={event.kind}>
              <p>
                <strong>{titleOf(event)}</strong> <span className="quiet">by {person(event.actor)}, <Time at={event.at} /></span>
              </p>
              <Details event={event} />
            </li>
          ))}
        </ol>
      )}
    </Loaded>
  );
}

function titleOf({ kind, step, data }: Event): string {
  const failed = kind === "step.failed" ? ` failed: ${String(data["error"] ?? "")}` : "";
  if (step && kind.startsWith("step.")) return words(step) + failed;
  return words(kind);
}

const value = (each: unknown): string =>
  each === null || each === undefined || each === "" ? "empty" : typeof each === "object" ? JSON.stringify(each) : String(each);

function Details({ event: { data } }: { event: Event }) {
  const changes = data["changes"];
  if (changes && typeof changes === "object") {
    return (
      <ul className="changes">
        {Object.entries(changes as Record<string, unknown>).map(([name, change]) => {
          const { old, new: now } = (change ?? {}) as { old?: unknown; new?: unknown };
          return <li key={name}>{words(name)}: <del>{value(old)}</del> → <ins>{value(now)}</ins></li>;
        })}
      </ul>
    );
  }
  if ("old" in data && "new" in data) return <p className="changes"><del>{value(data["old"])}</del> → <ins>{value(data["new"])}</ins></p>;
  if (typeof data["seconds"] === "number") return <p className="quiet">took {duration(data["seconds"])}</p>;
  return null;
}
