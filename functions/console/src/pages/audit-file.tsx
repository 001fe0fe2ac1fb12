import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { changed } from "../api/admin";
import { body, client } from "../api/client";
import type { Schemas } from "../api/queries";
import { number, words } from "../format";
import { announce } from "../parts/announce";
import { Ask } from "../parts/dialog";
import { Choose } from "../parts/fields";
import { Push } from "../parts/push";
import { Loaded } from "../parts/states";

const FIELDS = ["external_id", "subject", "body", "category", "request_type", "priority", "created_at", "updated_at", "solved_at", "due_at", "sla_value", "sla_unit"] as const;
const TEXTS = ["application/json", "text/csv"];
const NO_COLUMN = "—";
const ORDERS = [{ id: "day", text: "the day" }, { id: "month", text: "the month" }];

type Said = { mapping: Record<string, string>; dates?: "day" | "month" };

/** The answer to the file itself: what a file is, its bytes say. */
function send(file: File, { mapping, dates }: Said, dry_run: boolean) {
  const query = {
    dry_run,
    ...(Object.keys(mapping).length ? { mapping: JSON.stringify(mapping) } : {}),
    ...(dates ? { dates } : {}),
  };
  const type = TEXTS.includes(file.type) ? file.type : "application/octet-stream";
  return client.POST("/attribution/audits", {
    params: { query }, body: file, bodySerializer: (sent: unknown) => sent as File, headers: { "Content-Type": type },
  });
}

/** How a file would be read, column by column; what the file leaves open is asked before it starts. */
export function AuditDialog({ file, close }: { file: File; close: () => void }) {
  const [said, setSaid] = useState<Said>({ mapping: {} });
  const tried = useQuery({
    queryKey: ["audits", "tried", file.name, file.lastModified, said],
    queryFn: () => body(send(file, said, true)) as Promise<Schemas["TriedAudit"]>,
    gcTime: 0, staleTime: Infinity, retry: false, placeholderData: (before) => before,
  });
  const start = useMutation({
    mutationFn: () => body(send(file, said, false)),
    onSuccess: () => {
      announce("The audit waits its turn");
      void changed("audits");
      close();
    },
  });
  return (
    <Ask title={`Audit ${file.name}`} onClose={close}>
      <Loaded asked={tried}>
        {(found) => (
          <>
            <Read found={found} />
            <Questions found={found} said={said} setSaid={setSaid} />
            <Columns found={found} said={said} setSaid={setSaid} />
            <Rows rows={found.rows} />
            <div className="buttons">
              <Push className="button primary" busy={start.isPending || tried.isFetching} isDisabled={found.problems.length > 0} onPress={() => start.mutate()}>Audit</Push>
              <Button className="button" onPress={close}>Cancel</Button>
            </div>
          </>
        )}
      </Loaded>
    </Ask>
  );
}

function Read({ found: { source } }: { found: Schemas["TriedAudit"] }) {
  return (
    <>
      <p>
        {source.format.toUpperCase()}{source.system && `, as ${source.system} writes it`}: {number(source.rows)} rows,{" "}
        {number(source.tickets)} tickets{source.without_text > 0 && `, ${number(source.without_text)} without a text`}
        {source.refused > 0 && `, ${number(source.refused)} cannot be read`}.
      </p>
      {source.notes.map((note) => <p key={note} className="quiet">{note}</p>)}
    </>
  );
}

type Answering = { found: Schemas["TriedAudit"]; said: Said; setSaid: (said: Said) => void };

function Questions({ found, said, setSaid }: Answering) {
  if (!found.problems.length) return null;
  const asksDates = found.problems.some(({ pointer }) => pointer === "dates") || said.dates;
  return (
    <div className="warning" role="status">
      <ul className="plain">{found.problems.map(({ pointer, detail }) => <li key={pointer + detail}>{detail}</li>)}</ul>
      {asksDates && (
        <Choose label="In its dates stands first" value={said.dates ?? null} choices={ORDERS} onChange={(dates) => setSaid({ ...said, dates: dates as "day" | "month" })} />
      )}
    </div>
  );
}

function Columns({ found: { source }, said, setSaid }: Answering) {
  const choices = [{ id: NO_COLUMN, text: "no column" }, ...source.header.map((id) => ({ id, text: id }))];
  const map = (field: string, column: string) => {
    const { [field]: _, ...others } = said.mapping;
    setSaid({ ...said, mapping: column === NO_COLUMN ? others : { ...others, [field]: column } });
  };
  return (
    <details open={Object.keys(said.mapping).length > 0}>
      <summary>{Object.keys(source.mapping).length} columns are known</summary>
      <div className="columns-of-file">
        {FIELDS.map((field) => (
          <Choose key={field} label={words(field)} value={source.mapping[field] ?? NO_COLUMN} choices={choices} onChange={(column) => map(field, column)} />
        ))}
      </div>
    </details>
  );
}

function Rows({ rows }: { rows: readonly Schemas["ShownTicket"][] }) {
  if (!rows.length) return null;
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label="First rows">
      <table className="small">
        <caption>The first rows, as they were understood</caption>
        <thead><tr><th scope="col">Subject</th><th scope="col">Category</th><th scope="col">Request type</th><th scope="col">Created</th></tr></thead>
        <tbody>
          {rows.map(({ place, subject, category, request_type, created_at }) => (
            <tr key={place}><td>{subject}</td><td>{category}</td><td>{request_type}</td><td>{created_at?.slice(0, 16).replace("T", " ") ?? ""}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
