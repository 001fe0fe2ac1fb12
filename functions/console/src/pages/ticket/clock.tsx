import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { clockQuery, type Schemas, type Ticket } from "../../api/queries";
import { duration, moment } from "../../format";
import { Card, Facts } from "../../parts/fields";
import { Loaded, Unknown } from "../../parts/states";
import { Time } from "../../parts/time";

type Clock = Schemas["Clock"];

/** When it is due, and why then: every interval that counts and every one that does not. */
export function ClockCard({ ticket }: { ticket: Ticket }) {
  const asked = useQuery(clockQuery(ticket.id));
  return (
    <Card title="Promise">
      <Loaded asked={asked} rows={2}>{(clock) => <Shown clock={clock} />}</Loaded>
    </Card>
  );
}

function Shown({ clock }: { clock: Clock }) {
  return (
    <>
      <p>{clock.sentence}</p>
      <Facts facts={factsOf(clock)} />
      {(clock.intervals.length > 0 || clock.intervals_ahead.length > 0) && (
        <details>
          <summary>Why then</summary>
          <table className="small">
            <thead><tr><th scope="col">from</th><th scope="col">to</th><th scope="col">counts</th></tr></thead>
            <tbody>{[...clock.intervals, ...clock.intervals_ahead].map(Interval)}</tbody>
          </table>
        </details>
      )}
      {clock.escalations.map(({ level, at, notices, sent }) => (
        <p key={level} className="warning">
          Escalation {level} <Time at={at} />, {sent} of {notices} notices sent
        </p>
      ))}
    </>
  );
}

const Interval = ({ from, to, seconds, counted, why }: Schemas["CountedInterval"]) => (
  <tr key={from} data-counted={counted}>
    <td>{moment(from)}</td>
    <td>{moment(to)}</td>
    <td>{counted ? duration(seconds) : `no: ${why}`}</td>
  </tr>
);

function factsOf(clock: Clock): [string, ReactNode][] {
  const { resolution, first_response } = clock;
  return [
    ["Solve by", resolution?.due_at ? <Target target={resolution} /> : <Unknown why="no promise applies" />],
    ["Answer by", first_response?.due_at ? <Target target={first_response} /> : <Unknown why="no first response is promised" />],
    ["Clock", clock.clock],
    ...(clock.calendar ? ([["Calendar", `${clock.calendar.name} (${clock.calendar.time_zone})`]] as [string, ReactNode][]) : []),
  ];
}

function Target({ target }: { target: { due_at: string | null; state: string; remaining_seconds: number } }) {
  const left = target.remaining_seconds;
  return (
    <span className="due" data-due={target.state === "breached" ? "late" : "fine"}>
      {target.due_at && moment(target.due_at)}
      <span className="quiet"> {target.state === "open" ? `${duration(Math.abs(left))} ${left < 0 ? "over" : "left"}` : target.state}</span>
    </span>
  );
}
