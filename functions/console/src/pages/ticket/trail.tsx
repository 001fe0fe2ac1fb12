import type { Schemas, Ticket } from "../../api/queries";
import { duration, person, words } from "../../format";
import { Push } from "../../parts/push";
import { Loaded } from "../../parts/states";
import { Time } from "../../parts/time";
import { undoBulk } from "../bulk";
import { useEvents } from "./events";

type Event = Schemas["Event"];

/** Everything that happened to the ticket, the newest first. */
export function Trail({ ticket }: { ticket: Ticket }) {
  const asked = useEvents(ticket);
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
              <OfBulk event={event} events={events} />
            </li>
          ))}
        </ol>
      )}
    </Loaded>
  );
}

/** A change of many tickets can be taken back from each of them, once. */
function OfBulk({ event: { data }, events }: { event: Event; events: readonly Event[] }) {
  const id = data["bulk_id"];
  if (typeof id !== "string") return null;
  if (data["undone"]) return <p className="quiet">taken back for many tickets at once</p>;
  const isUndone = events.some((each) => each.data["bulk_id"] === id && each.data["undone"]);
  return (
    <p className="quiet">
      changed with other tickets{" "}
      {!isUndone && <Push className="link" onPress={() => void undoBulk(id)}>Undo it for all of them</Push>}
    </p>
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
