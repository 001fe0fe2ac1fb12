import { useMutation, useQuery } from "@tanstack/react-query";
import { changed, reportsQuery, runsQuery } from "../api/admin";
import { body, client } from "../api/client";
import { save } from "../api/download";
import type { Schemas } from "../api/queries";
import { number, person, words } from "../format";
import { announce } from "../parts/announce";
import { Card } from "../parts/fields";
import { Push } from "../parts/push";
import { Empty, Loaded, Unknown } from "../parts/states";
import { Time } from "../parts/time";
import type { Me } from "../session";
import { Audits } from "./audits";

const isOpen = ({ status }: Schemas["AttributionRun"]) => ["PENDING", "IN_PROGRESS"].includes(status);

/** Runs of attribution, the reports that they mailed, and audits of old tickets. */
export function Reports({ me }: { me: Me }) {
  const runs = useQuery({ ...runsQuery(), refetchInterval: ({ state }) => (state.data?.runs.some(isOpen) ? 4_000 : false) });
  const reports = useQuery(reportsQuery());
  const start = useMutation({
    mutationFn: () => body(client.POST("/attribution/runs", { params: { header: { "Idempotency-Key": crypto.randomUUID() } }, body: {} })),
    onSuccess: () => {
      announce("A run has begun");
      void changed("attribution");
    },
  });
  return (
    <div className="page">
      <div className="list-head">
        <h1>Reports</h1>
        {me.role === "admin" && (
          <Push className="button primary" busy={start.isPending} isDisabled={runs.data?.runs.some(isOpen) ?? false} onPress={() => start.mutate()}>Run now</Push>
        )}
      </div>
      <Card title="Runs of attribution">
        <Loaded asked={runs}>
          {({ runs: found }) => found.length === 0 ? <Empty title="There was no run yet"><p>A run reads the helpdesk, sorts its requests and mails one report.</p></Empty> : (
            <div className="table-wrap">
              <table className="rows">
                <thead><tr><th scope="col">Run</th><th scope="col">State</th><th scope="col" className="number">Read</th><th scope="col" className="number">Sorted</th><th scope="col" className="number">Not sorted</th><th scope="col">Started by</th></tr></thead>
                <tbody>{found.map(Run)}</tbody>
              </table>
            </div>
          )}
        </Loaded>
      </Card>
      <Card title="Reports">
        <Loaded asked={reports}>
          {({ reports: found }) => found.length === 0 ? <p className="quiet">No report was made yet.</p> : (
            <div className="table-wrap">
              <table className="rows">
                <thead><tr><th scope="col">Report</th><th scope="col" className="number">Rows</th><th scope="col">Mails</th><th scope="col"><span className="hidden">Action</span></th></tr></thead>
                <tbody>{found.map((report) => <Report key={report.id} report={report} me={me} />)}</tbody>
              </table>
            </div>
          )}
        </Loaded>
      </Card>
      <Audits me={me} />
    </div>
  );
}

const Run = (run: Schemas["AttributionRun"]) => {
  const { counts } = run;
  const unsorted = counts.rejected + counts.conflict + counts.missing + counts.failed;
  return (
    <tr key={run.id}>
      <th scope="row">{run.id}, <Time at={run.created_at} /></th>
      <td>
        <span className="status" data-status={run.status}>{run.status.toLowerCase().replace("_", " ")}</span>
        <div className="sub">{run.error ? `${run.error}: ${run.reason ?? ""}` : isOpen(run) && run.current_step ? words(run.current_step) : ""}</div>
      </td>
      <td className="number">{counts.fetched === null ? <Unknown why="the helpdesk has not answered yet" /> : number(counts.fetched)}</td>
      <td className="number">{number(counts.complete + counts.classified)}</td>
      <td className="number">{number(unsorted)}</td>
      <td>{person(run.started_by)}</td>
    </tr>
  );
};

function Report({ report, me }: { report: Schemas["ListedReport"]; me: Me }) {
  const again = useMutation({
    mutationFn: () => body(client.POST("/reports/{report_id}/send", { params: { path: { report_id: report.id }, header: { "Idempotency-Key": crypto.randomUUID() } }, body: {} as Schemas["Sending"] })),
    onSuccess: ({ mails }) => {
      announce(`${mails.length === 1 ? "One mail" : `${mails.length} mails`} will be sent within a minute`);
      void changed("attribution");
    },
  });
  const load = useMutation({
    mutationFn: () => save(client.GET("/reports/{report_id}/file", { params: { path: { report_id: report.id }, query: { redirect: false } } })),
  });
  return (
    <tr>
      <th scope="row">Run {report.run_id}, <Time at={report.created_at} /></th>
      <td className="number">{number(report.rows)}</td>
      <td>
        {report.mails.length === 0 && <span className="quiet">none</span>}
        {report.mails.map(({ id, recipient, status, error }) => (
          <div key={id}>{recipient} <span className="status" data-status={status === "sent" ? "done" : status}>{status}</span>{error && <span className="late"> {error}</span>}</div>
        ))}
      </td>
      <td>
        <div className="buttons">
          <Push className="button" busy={load.isPending} onPress={() => load.mutate()}>Save<span className="hidden"> the file of run {report.run_id}</span></Push>
          {me.role === "admin" && <Push className="button" busy={again.isPending} onPress={() => again.mutate()}>Send again</Push>}
        </div>
      </td>
    </tr>
  );
}
