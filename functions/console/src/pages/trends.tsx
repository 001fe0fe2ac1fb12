import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { body, client } from "../api/client";
import type { Schemas } from "../api/queries";
import { number } from "../format";
import { Card } from "../parts/fields";
import { Loaded } from "../parts/states";

type Bucket = Schemas["Bucket"];
const LINES = [
  ["created", "Created", "--accent"],
  ["solved", "Solved", "--green"],
  ["backlog", "Open at the end", "--amber"],
] as const;

/** What came in, what was solved and what is left, by day or week: a chart, and the same as a table. */
export function Trends({ days }: { days: number }) {
  const by = days > 90 ? "week" : "day";
  const [table, setTable] = useState(false);
  const asked = useQuery({
    queryKey: ["analytics", "trends", days],
    queryFn: ({ signal }) => body(client.GET("/analytics/trends", { params: { query: { days, by } }, signal })),
  });
  return (
    <Card
      title={`By ${by}`}
      aside={<Button className="button" onPress={() => setTable(!table)}>{table ? "As a chart" : "As a table"}</Button>}
    >
      <Loaded asked={asked} rows={4}>
        {({ buckets }) => (table ? <Table buckets={buckets} /> : <Chart buckets={buckets} />)}
      </Loaded>
    </Card>
  );
}

function Table({ buckets }: { buckets: readonly Bucket[] }) {
  return (
    <div className="table-wrap">
      <table className="rows">
        <thead>
          <tr><th scope="col">From</th>{LINES.map(([name, title]) => <th key={name} scope="col" className="number">{title}</th>)}<th scope="col" className="number">Reopened</th></tr>
        </thead>
        <tbody>
          {[...buckets].reverse().map((bucket) => (
            <tr key={bucket.from}>
              <th scope="row">{bucket.from}{bucket.is_partial && " (not over yet)"}</th>
              {LINES.map(([name]) => <td key={name} className="number">{number(bucket[name])}</td>)}
              <td className="number">{number(bucket.reopened)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Chart({ buckets }: { buckets: readonly Bucket[] }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const at = place.current;
    if (!at) return;
    const style = getComputedStyle(document.documentElement);
    // A canvas needs a colour that is resolved: `light-dark()` is read off an element.
    const probe = at.appendChild(document.createElement("span"));
    const colour = (name: string) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    const series = LINES.map(([, label, name]) => ({ label, stroke: colour(name), width: 2, points: { show: buckets.length < 15 } }));
    probe.remove();
    const data = [
      buckets.map(({ from }) => Date.parse(`${from}T00:00:00Z`) / 1000),
      ...LINES.map(([name]) => buckets.map((bucket) => bucket[name])),
    ] as uPlot.AlignedData;
    const chart = new uPlot(
      {
        width: at.clientWidth, height: 260, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
        axes: [{ ...axis, font: `12px ${style.fontFamily}` }, { ...axis, font: `12px ${style.fontFamily}` }],
        series: [{}, ...series], legend: { show: false }, cursor: { show: false },
      },
      data, at,
    );
    const watch = new ResizeObserver(() => chart.setSize({ width: at.clientWidth, height: 260 }));
    watch.observe(at);
    return () => {
      watch.disconnect();
      chart.destroy();
    };
  }, [buckets]);
  return (
    <>
      <ul className="chart-legend" aria-hidden="true">{LINES.map(([name, title]) => <li key={name} data-line={name}>{title}</li>)}</ul>
      <div ref={place} className="chart" role="img" aria-label="Chart of tickets created, solved and open; the table has the same figures" />
    </>
  );
}
