import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { body, client } from "../api/client";
import type { Schemas } from "../api/queries";
import { duration, moment, number, percent, words } from "../format";
import { Card, Choose } from "../parts/fields";
import { Loaded, Unknown } from "../parts/states";
import { address, go, type Route } from "../routing";
import { Trends } from "./trends";

type Figure = Schemas["Figure"];
type Asked = { signal: AbortSignal };

const RANGES = ["7", "30", "90", "365"];

/** Figures of a window, each with what it was counted from and a way to its tickets. */
export function Insights({ route }: { route: Route }) {
  const chosen = route.query.get("days") ?? "30";
  const days = Number(RANGES.includes(chosen) ? chosen : "30");
  return (
    <div className="page">
      <div className="list-head">
        <h1>Insights</h1>
        <Choose
          label="Window" hideLabel value={String(days)}
          choices={RANGES.map((id) => ({ id, text: `last ${id} days` }))}
          onChange={(id) => go(address("insights", new URLSearchParams({ days: id })))}
        />
      </div>
      <SummaryPart days={days} />
      <Trends days={days} />
      <div className="halves">
        <PerformancePart days={days} />
        <QualityPart days={days} />
      </div>
    </div>
  );
}

const CARDS: [keyof Schemas["SummaryFigures"], string, string, boolean][] = [
  ["created", "Created", "Tickets created in the window.", false],
  ["solved", "Solved", "Moves into solved.", false],
  ["reopened", "Reopened", "Moves from solved or closed back to work.", false],
  ["coverage", "Triaged alone", "The share that triage wanted no review of.", true],
  ["resolution_attainment", "Promises kept", "Solved in time, of those met or missed.", true],
  ["linked_share", "Duplicates", "Tickets linked to an original, of those created.", true],
  ["reassigned_share", "Reassigned", "Changed by a person within 7 days of triage.", true],
];

function SummaryPart({ days }: { days: number }) {
  const asked = useQuery({
    queryKey: ["analytics", "summary", days],
    queryFn: ({ signal }: Asked) => body(client.GET("/analytics/summary", { params: { query: { days } }, signal })),
  });
  return (
    <Loaded asked={asked} rows={3}>
      {(summary) => (
        <>
          <p className="quiet">
            {summary.from} to {summary.to}, by the clock of {summary.time_zone}; counted until {moment(summary.as_of)}.
            {!summary.complete && " Older tickets are still being counted."} Small figures compare with the window before.
          </p>
          <div className="figures">
            {CARDS.map(([name, title, meaning, isShare]) => (
              <Shown key={name} title={title} meaning={meaning} figure={summary.figures[name]} isShare={isShare} />
            ))}
            <Shown title="Open now" meaning="Open tickets at the end of the window." figure={summary.backlog} isShare={false} />
          </div>
          <div className="halves">
            <Divided title="Created by category" parts={summary.created_by.category} />
            <Card title="Models">
              <Rows rows={[
                ["Calls", value(summary.models.calls, number)],
                ["Cost", value(summary.models.cost_usd, (usd) => `$${usd.toFixed(2)}`)],
                ["Without a price", value(summary.models.unpriced, number)],
              ]} />
            </Card>
          </div>
        </>
      )}
    </Loaded>
  );
}

function value(figure: Figure, shown: (value: number) => string): ReactNode {
  return figure.value === null ? <Unknown why={figure.reason ?? "it is not known"} /> : shown(figure.value);
}

function Shown({ title, meaning, figure, isShare }: { title: string; meaning: string; figure: Figure; isShare: boolean }) {
  const shown = isShare ? percent : number;
  const { change } = figure;
  return (
    <section className="figure" aria-label={title}>
      <h2 title={meaning}>{title}</h2>
      <p className="figure-value">{value(figure, shown)}</p>
      <p className="quiet">
        n = {number(figure.n)}
        {change !== null && <> · {change > 0 ? "+" : ""}{isShare ? `${Math.round(change * 100)} points` : number(change)}</>}
        {figure.list !== null && <> · <a href={`#/tickets?${figure.list}`}>tickets<span className="hidden"> behind {title}</span></a></>}
      </p>
      <p className="quiet">{meaning}</p>
    </section>
  );
}

function Divided({ title, parts }: { title: string; parts: readonly Schemas["FigureOfPart"][] }) {
  const most = Math.max(1, ...parts.map((part) => part.value ?? 0));
  return (
    <Card title={title}>
      {parts.length === 0 ? <p className="quiet">Nothing was created.</p> : (
        <table className="bars">
          <thead className="hidden"><tr><th scope="col">Part</th><th scope="col">Share</th><th scope="col">Tickets</th></tr></thead>
          <tbody>
            {parts.map((part) => (
              <tr key={part.part ?? ""}>
                <th scope="row">{part.list ? <a href={`#/tickets?${part.list}`}>{part.part ?? "none"}</a> : (part.part ?? "none")}</th>
                <td className="bar-cell"><span className="bar-line" style={{ inlineSize: `${(100 * (part.value ?? 0)) / most}%` }} /></td>
                <td>{value(part, number)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

const Rows = ({ rows }: { rows: [string, ReactNode][] }) => (
  <table className="small">
    <tbody>{rows.map(([name, shown]) => <tr key={name}><th scope="row">{name}</th><td>{shown}</td></tr>)}</tbody>
  </table>
);

function PerformancePart({ days }: { days: number }) {
  const asked = useQuery({
    queryKey: ["analytics", "performance", days],
    queryFn: ({ signal }: Asked) => body(client.GET("/analytics/performance", { params: { query: { days } }, signal })),
  });
  return (
    <Card title="How long it takes">
      <Loaded asked={asked}>
        {({ durations, promises_by_item }) => (
          <>
            <table className="small">
              <thead><tr><th scope="col">Time to</th><th scope="col">Median</th><th scope="col">9 of 10 within</th><th scope="col">n</th></tr></thead>
              <tbody>
                {Object.entries(durations).map(([name, found]) => (
                  <tr key={name}>
                    <th scope="row">{words(name.replace(/^seconds_to_/, "").replace(/^wall_seconds_to_/, "").replace(/_/g, " "))}{name.startsWith("wall") && " (wall clock)"}</th>
                    <td>{value(found.median, duration)}</td>
                    <td>{value(found.p90, duration)}</td>
                    <td>{number(found.n)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {promises_by_item.length > 0 && (
              <table className="small">
                <caption className="hidden">Promises by item</caption>
                <thead><tr><th scope="col">Item</th><th scope="col">Solved in time</th><th scope="col">Late</th></tr></thead>
                <tbody>
                  {promises_by_item.slice(0, 10).map((item) => (
                    <tr key={item.item}><th scope="row">{item.item}</th><td>{number(item.resolution_met)}</td><td>{number(item.resolution_missed)}</td></tr>
                  ))}
                </tbody>
              </table>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}

function QualityPart({ days }: { days: number }) {
  const asked = useQuery({
    queryKey: ["analytics", "quality", days],
    queryFn: ({ signal }: Asked) => body(client.GET("/analytics/quality", { params: { query: { days } }, signal })),
  });
  const share = (found: number | null, why: string) => (found === null ? <Unknown why={why} /> : percent(found));
  return (
    <Card title="How good triage is">
      <Loaded asked={asked}>
        {(quality) => (
          <>
            <Rows rows={[
              ["Triaged", number(quality.triaged)],
              ["Without review", share(quality.coverage, "nothing was triaged")],
              ["Judged by people", number(quality.judged)],
              ["Right, of those judged", share(quality.accuracy, "too few tickets were judged")],
              ["Right without review", share(quality.unattended.accuracy, "too few tickets were judged")],
              ["Confidence is off by", share(quality.calibration_error, "too few tickets were judged")],
            ]} />
            {quality.calibration.length > 0 && (
              <table className="small">
                <caption>How often triage is right, by how sure it was</caption>
                <thead><tr><th scope="col">Sure</th><th scope="col">Right</th><th scope="col">n</th></tr></thead>
                <tbody>
                  {quality.calibration.map((tenth) => (
                    <tr key={tenth.from}><th scope="row">{percent(tenth.confidence)}</th><td>{percent(tenth.accuracy)}</td><td>{number(tenth.judged)}</td></tr>
                  ))}
                </tbody>
              </table>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}
