import { words } from "../../format";
import type { Schemas } from "../../api/queries";
import machine from "../../machine.json";

type Run = Schemas["Run"];
type State = "done" | "now" | "failed" | "without" | "open";

const ROW = 58;
const WIDTH = 520;
const BOX = { width: 150, height: 34 };
const SIGNS: Record<State, string> = { done: "✓", now: "…", failed: "✗", without: "!", open: "" };
const MEANINGS: Record<State, string> = {
  done: "done", now: "under way", failed: "failed", without: "failed, and the run went on", open: "not reached",
};
const branches: Record<string, string[]> = machine.branches;
const edges = machine.edges as [string, string, string][];

const snake = (name: string) => name.replace(/(?<!^)([A-Z])/g, "_$1").toLowerCase();

/** The row of each state: below every state that leads to it, but for the way back of a revision. */
const ROWS: Map<string, number> = (() => {
  const names = Object.keys(machine.states);
  const rows = new Map<string, number>([[names[0] ?? "", 0]]);
  const visit = (name: string, above: readonly string[]) => {
    for (const [from, to] of edges) {
      if (from !== name || above.includes(to)) continue;
      const row = (rows.get(name) ?? 0) + 1;
      if (row <= (rows.get(to) ?? 0)) continue;
      rows.set(to, row);
      visit(to, [...above, to]);
    }
  };
  if (names[0]) visit(names[0], [names[0]]);
  return rows;
})();

function stateOf(step: string, run: Run): State {
  if (run.degraded.some((each) => each.step === step)) return "without";
  if (run.steps.some((each) => each.step === step)) return "done";
  const beside = Object.values(branches).find((names) => names.map(snake).includes(step)) ?? [];
  const isCurrent = run.current_step === step || beside.map(snake).includes(run.current_step ?? "");
  if (run.status === "FAILED") return run.current_step === step ? "failed" : "open";
  return isCurrent && run.status === "IN_PROGRESS" ? "now" : "open";
}

/** The state machine with what became of each state; the table below has the same in words. */
export function Graph({ run }: { run: Run }) {
  const height = (Math.max(...ROWS.values()) + 1) * ROW;
  const steps = [...ROWS.keys()].flatMap((name) => branches[name] ?? (machine.states[name as keyof typeof machine.states] === "Choice" ? [] : [name]));
  const said = steps.map((name) => `${words(snake(name))}: ${MEANINGS[stateOf(snake(name), run)]}`).join("; ");
  return (
    <svg className="graph" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={`Steps of the run. ${said}`}>
      {edges.map((edge) => <Edge key={edge.join()} edge={edge} />)}
      {[...ROWS].map(([name, row]) => {
        const y = row * ROW + ROW / 2;
        const beside = branches[name];
        if (beside) return beside.map((each, at) => <Box key={each} name={each} x={WIDTH / 2 + (at - (beside.length - 1) / 2) * (BOX.width + 16)} y={y} state={stateOf(snake(each), run)} />);
        if (machine.states[name as keyof typeof machine.states] === "Choice") return <Question key={name} name={name} y={y} />;
        return <Box key={name} name={name} x={WIDTH / 2} y={y} state={stateOf(snake(name), run)} />;
      })}
    </svg>
  );
}

function Box({ name, x, y, state }: { name: string; x: number; y: number; state: State }) {
  return (
    <g className="graph-box" data-state={state}>
      <rect x={x - BOX.width / 2} y={y - BOX.height / 2} width={BOX.width} height={BOX.height} rx={7} />
      <text x={x} y={y + 4}>{SIGNS[state]} {words(snake(name))}</text>
    </g>
  );
}

const Question = ({ name, y }: { name: string; y: number }) => (
  <g className="graph-question">
    <rect x={WIDTH / 2 - 62} y={y - 14} width={124} height={28} rx={14} />
    <text x={WIDTH / 2} y={y + 4}>{words(snake(name))}?</text>
  </g>
);

/** Straight to the next row; around the right side over rows, around the left side back. */
function Edge({ edge: [from, to, answer] }: { edge: [string, string, string] }) {
  const [above, below] = [ROWS.get(from) ?? 0, ROWS.get(to) ?? 0];
  const y = (row: number) => row * ROW + ROW / 2;
  const middle = WIDTH / 2;
  const half = BOX.height / 2;
  if (below === above + 1) {
    return (
      <g className="graph-edge">
        <path d={`M${middle} ${y(above) + half} V${y(below) - half}`} />
        {answer && <text x={middle + 8} y={y(above) + half + 14}>{answer}</text>}
      </g>
    );
  }
  const side = below > above ? 1 : -1;
  const out = middle + side * 66;
  const far = middle + side * (below > above ? 248 : 120);
  return (
    <g className="graph-edge">
      <path d={`M${out} ${y(above)} H${far} V${y(below)} H${middle + side * (BOX.width / 2 + (branches[to] ? BOX.width + 16 : 0))}`} />
      {answer && <text x={out + side * 12} y={y(above) - 5} textAnchor={side > 0 ? "start" : "end"}>{answer}</text>}
    </g>
  );
}
