import { useQuery } from "@tanstack/react-query";
import { eventsQuery, runQuery, type Schemas, type Ticket } from "../../api/queries";
import { duration, words } from "../../format";
import { Facts } from "../../parts/fields";
import { Loaded, Unknown } from "../../parts/states";
import { Graph } from "./graph";
import { Time } from "../../parts/time";

type Bar = { key: number; step: string; start: number; end: number; failed: string | null; attempt: number };

/** The ticket's run: each step as a bar on one time axis, also those that failed and were repeated. */
export function RunPanel({ ticket }: { ticket: Ticket }) {
  const open = ["PENDING", "IN_PROGRESS"].includes(ticket.workflow_status);
  const refetchInterval = open ? 3_000 : (false as const);
  const run = useQuery({ ...runQuery(ticket.workflow_run_id), refetchInterval });
  const events = useQuery({ ...eventsQuery(ticket.id), refetchInterval });
  return (
    <Loaded asked={run} rows={5}>
      {(found) => (
        <>
          <Summary run={found} />
          <Graph run={found} />
          {events.data && <Bars bars={barsOf(events.data.events, found.id)} />}
        </>
      )}
    </Loaded>
  );
}

function Summary({ run }: { run: Schemas["Run"] }) {
  return (
    <Facts
      facts={[
        ["State", <span key="state" className="status" data-status={run.status}>{run.status.toLowerCase().replace("_", " ")}</span>],
        ["Attempt", String(run.attempt)],
        ["Started", run.started_at ? <Time key="time" at={run.started_at} /> : <Unknown key="time" why="it has not started" />],
        ...(run.error ? [["Error", `${run.error}: ${run.reason ?? ""}`] as [string, string]] : []),
        ["Execution", run.execution_arn ? <code key="arn" className="break">{run.execution_arn}</code> : <Unknown key="arn" why="it has not started" />],
      ]}
    />
  );
}

export function barsOf(events: readonly Schemas["Event"][], run: number): Bar[] {
  return events.flatMap((event): Bar[] => {
    const { data, step, kind } = event;
    const seconds = data["seconds"];
    if (event.run_id !== run || !step || !kind.startsWith("step.") || typeof seconds !== "number") return [];
    const end = Date.parse(event.at);
    return [{
      key: event.id, step, end, start: end - seconds * 1000,
      failed: kind === "step.failed" ? String(data["error"] ?? "failed") : null,
      attempt: Number(data["attempt"] ?? 1),
    }];
  });
}

function Bars({ bars }: { bars: readonly Bar[] }) {
  if (!bars.length) return <p className="quiet">No step has ended yet.</p>;
  const begin = Math.min(...bars.map(({ start }) => start));
  const span = Math.max(1, Math.max(...bars.map(({ end }) => end)) - begin);
  const share = (value: number) => `${((100 * value) / span).toFixed(2)}%`;
  return (
    <table className="bars">
      <caption>Steps, {duration(span / 1000)} in all</caption>
      <thead className="hidden">
        <tr><th scope="col">Step</th><th scope="col">When</th><th scope="col">Took</th></tr>
      </thead>
      <tbody>
        {bars.map(({ key, step, start, end, failed, attempt }) => (
          <tr key={key}>
            <th scope="row">{words(step)}{attempt > 1 && <span className="quiet"> attempt {attempt}</span>}</th>
            <td className="bar-cell">
              <span className="bar-line" data-failed={failed !== null} style={{ marginInlineStart: share(start - begin), inlineSize: share(end - start) }} />
              {failed && <span className="late"> {failed}</span>}
            </td>
            <td className="nowrap">{duration((end - start) / 1000)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
