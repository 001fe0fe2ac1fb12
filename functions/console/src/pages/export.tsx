import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Button, Label, Radio, RadioGroup } from "react-aria-components";
import { body, client } from "../api/client";
import { save } from "../api/download";
import { exportQuery, type Schemas } from "../api/queries";
import { number } from "../format";
import { Ask } from "../parts/dialog";
import { Push } from "../parts/push";
import { Loaded } from "../parts/states";
import { selectionOf } from "./filters";

type Format = Schemas["ExportRequest"]["format"];
const FORMATS = { xlsx: "Excel (XLSX)", csv: "CSV" } as const;
const LOOK_MS = 2_000;
const isOver = (status: string) => status === "done" || status === "failed";

/** The list as a file: asked for, written within a minute or two, then saved by the browser. */
export function ExportDialog({ query, tickets, close }: {
  query: URLSearchParams;
  tickets: string;
  close: () => void;
}) {
  const [format, setFormat] = useState<Format>("xlsx");
  // One key for one dialog: a repeat after a lost answer is the same export.
  const key = useRef(crypto.randomUUID());
  const start = useMutation({
    mutationFn: () =>
      body(
        client.POST("/exports", {
          params: { header: { "Idempotency-Key": key.current } },
          body: { query: selectionOf(query).toString(), format: format ?? "xlsx" },
        }),
      ),
  });
  return (
    <Ask title="Export this list" onClose={close}>
      {start.data ? (
        <Progress id={start.data.id} close={close} />
      ) : (
        <>
          <RadioGroup className="radios" value={format ?? "xlsx"} onChange={(value) => setFormat(value as Format)}>
            <Label>{tickets}, as</Label>
            {Object.entries(FORMATS).map(([id, name]) => <Radio key={id} value={id} className="radio">{name}</Radio>)}
          </RadioGroup>
          <div className="buttons">
            <Push className="button primary" busy={start.isPending} onPress={() => start.mutate()}>Export</Push>
            <Button className="button" onPress={close}>Cancel</Button>
          </div>
        </>
      )}
    </Ask>
  );
}

function Progress({ id, close }: { id: string; close: () => void }) {
  const asked = useQuery({
    ...exportQuery(id), staleTime: 0,
    refetchInterval: ({ state }) => (state.data && isOver(state.data.status) ? false : LOOK_MS),
  });
  const load = useMutation({
    mutationFn: () => save(client.GET("/exports/{export_id}/file", { params: { path: { export_id: id }, query: { redirect: false } } })),
  });
  return (
    <Loaded asked={asked} rows={1}>
      {({ status, rows, written, note, error }) => (
        <>
          <p role="status">{sentenceOf(status, rows, written, error)}</p>
          {note && <p className="quiet">{note}</p>}
          <div className="buttons">
            {status === "done" && <Push className="button primary" busy={load.isPending} onPress={() => load.mutate()}>Save the file</Push>}
            <Button className="button" onPress={close}>Close</Button>
          </div>
        </>
      )}
    </Loaded>
  );
}

function sentenceOf(status: string, rows: number | null, written: number, error: string | null): string {
  switch (status) {
    case "waiting": return "It begins within a minute.";
    case "running": return rows === null ? "It has begun." : `${number(written)} of ${number(rows)} tickets are written.`;
    case "done": return `The file has ${number(written)} ${written === 1 ? "ticket" : "tickets"}.`;
    default: return `It could not be written: ${error ?? "nobody knows why"}. Close this, and try again.`;
  }
}
