import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button, FileTrigger } from "react-aria-components";
import { auditsQuery, changed } from "../api/admin";
import { body, client } from "../api/client";
import { save } from "../api/download";
import type { Schemas } from "../api/queries";
import { number, percent, person } from "../format";
import { announce } from "../parts/announce";
import { Card } from "../parts/fields";
import { Push } from "../parts/push";
import { Empty, Loaded, Unknown } from "../parts/states";
import { Time } from "../parts/time";
import type { Me } from "../session";
import { AuditDialog } from "./audit-file";

type Audit = Schemas["ListedAudit"];
const LOOK_MS = 4_000;
const KINDS = [".csv", ".xlsx", ".xls", ".ods", ".json", ".jsonl", ".gz"];
const isOpen = ({ status }: Audit) => status === "waiting" || status === "running";

/** What exports of other help desks show; nothing is imported by it. */
export function Audits({ me }: { me: Me }) {
  const [file, setFile] = useState<File | null>(null);
  const asked = useQuery({
    ...auditsQuery(), refetchInterval: ({ state }) => (state.data?.audits.some(isOpen) ? LOOK_MS : false),
  });
  const choose = (files: FileList | null) => setFile(files?.[0] ?? null);
  return (
    <Card
      title="Audits of old tickets"
      aside={me.role === "admin" && (
        <FileTrigger acceptedFileTypes={KINDS} onSelect={choose}>
          <Button className="button">Audit a file…</Button>
        </FileTrigger>
      )}
    >
      <Loaded asked={asked}>
        {({ audits }) => audits.length === 0 ? (
          <Empty title="Nothing was audited yet">
            <p>An audit reads an export of a help desk and finds what was misrouted, repeated or late. It changes nothing.</p>
          </Empty>
        ) : (
          <div className="table-wrap">
            <table className="rows">
              <thead><tr><th scope="col">Audit</th><th scope="col">State</th><th scope="col" className="number">Rows</th><th scope="col" className="number">Misrouted</th><th scope="col" className="number">Late</th><th scope="col" className="number">Fit nothing</th><th scope="col"><span className="hidden">Action</span></th></tr></thead>
              <tbody>{audits.map((audit) => <Row key={audit.id} audit={audit} me={me} />)}</tbody>
            </table>
          </div>
        )}
      </Loaded>
      {file && <AuditDialog file={file} close={() => setFile(null)} />}
    </Card>
  );
}

function Row({ audit, me }: { audit: Audit; me: Me }) {
  const { id, status, progress, error, summary } = audit;
  const load = useMutation({
    mutationFn: () => save(client.GET("/attribution/audits/{audit_id}/file", { params: { path: { audit_id: id }, query: { redirect: false } } })),
  });
  const remove = useMutation({
    mutationFn: () => body(client.DELETE("/attribution/audits/{audit_id}", { params: { path: { audit_id: id } } })),
    onSuccess: () => {
      announce("The audit is deleted");
      void changed("audits");
    },
  });
  const found = (count: number | undefined) => count === undefined ? <Unknown why="the audit has no result" /> : number(count);
  return (
    <tr>
      <th scope="row"><Time at={audit.created_at} /> <span className="quiet">by {person(audit.actor)}</span></th>
      <td>
        <span className="status" data-status={status}>{status}</span>
        <div className="sub">{error ?? (status === "running" ? percent(progress) : "")}</div>
      </td>
      <td className="number">{number(audit.rows)}</td>
      <td className="number">{found(summary?.misroutes)}</td>
      <td className="number">{found(summary?.missed)}</td>
      <td className="number">{found(summary?.gaps)}</td>
      <td>
        <div className="buttons">
          {status === "done" && <Push className="button" busy={load.isPending} onPress={() => load.mutate()}>Save<span className="hidden"> the findings</span></Push>}
          {me.role === "admin" && <Push className="button" busy={remove.isPending} onPress={() => remove.mutate()}>Delete<span className="hidden"> the audit</span></Push>}
        </div>
      </td>
    </tr>
  );
}
