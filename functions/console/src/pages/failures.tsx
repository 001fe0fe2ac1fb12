import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { changed, failuresQuery } from "../api/admin";
import { body, client } from "../api/client";
import type { Schemas } from "../api/queries";
import { number, words } from "../format";
import { announce } from "../parts/announce";
import { Ask } from "../parts/dialog";
import { Field } from "../parts/fields";
import { Push } from "../parts/push";
import { Empty, Loaded } from "../parts/states";
import { Time } from "../parts/time";

type Selection = Schemas["Selection"];
const MANY = 100;

/** Failed work by step and error: first what a replay would do, then the replay. */
export function Failures() {
  const asked = useQuery(failuresQuery());
  const [chosen, setChosen] = useState<{ name: string; selection: Selection } | null>(null);
  return (
    <div className="page">
      <div className="list-head">
        <h1>Failures</h1>
        <Push className="button" onPress={() => void asked.refetch()} busy={asked.isFetching}>Look again</Push>
      </div>
      <Loaded asked={asked}>
        {({ groups, dead_letters_waiting }) =>
          groups.length === 0 && dead_letters_waiting === 0 ? (
            <Empty title="Nothing has failed"><p>Failed runs, refused mails and dead letters would be here.</p></Empty>
          ) : (
            <>
              {dead_letters_waiting > 0 && <p className="warning">{number(dead_letters_waiting)} messages wait in the dead-letter queue.</p>}
              <div className="table-wrap">
                <table className="rows">
                  <thead>
                    <tr><th scope="col">Step</th><th scope="col">Error</th><th scope="col" className="number">Count</th><th scope="col">Newest</th><th scope="col"><span className="hidden">Action</span></th></tr>
                  </thead>
                  <tbody>{groups.map((group) => <Row key={group.source + group.step + group.error} group={group} choose={setChosen} />)}</tbody>
                </table>
              </div>
              <div className="buttons">
                <Button className="button" onPress={() => setChosen({ name: "everything", selection: { all: true } as Selection })}>Replay everything…</Button>
              </div>
            </>
          )
        }
      </Loaded>
      {chosen && <ReplayDialog {...chosen} close={() => setChosen(null)} />}
    </div>
  );
}

function Row({ group, choose }: { group: Schemas["FailureGroup"]; choose: (chosen: { name: string; selection: Selection }) => void }) {
  const { step, error, source } = group;
  const name = `${step ? words(step) : words(source)}: ${error}`;
  return (
    <tr>
      <th scope="row">{step ? words(step) : words(source)}</th>
      <td className="main"><code>{error}</code><div className="sub">{group.example.reason}</div></td>
      <td className="number">{number(group.count)}</td>
      <td className="nowrap"><Time at={group.newest} /></td>
      <td>
        {step && source === "run" && (
          <Button className="button" onPress={() => choose({ name, selection: { step, error } as Selection })}>Replay…</Button>
        )}
      </td>
    </tr>
  );
}

const replay = (selection: Selection, dry_run: boolean) =>
  body(
    client.POST("/admin/failures/replay", {
      params: { header: { "Idempotency-Key": crypto.randomUUID() } },
      body: { ...selection, dry_run } as Selection,
    }),
  );

function ReplayDialog({ name, selection, close }: { name: string; selection: Selection; close: () => void }) {
  const dry = useQuery({ queryKey: ["failures", "dry", selection], queryFn: () => replay(selection, true), gcTime: 0, staleTime: Infinity });
  const [typed, setTyped] = useState("");
  const act = useMutation({
    mutationFn: () => replay(selection, false),
    onSuccess: ({ count, remaining }) => {
      announce(`${number(count)} replayed${remaining ? `, ${number(remaining)} remain: replay again` : ""}`);
      void changed("failures");
      close();
    },
  });
  return (
    <Ask title={`Replay ${name}`} onClose={close}>
      <Loaded asked={dry} rows={1}>
        {(found) => {
          const many = found.count + found.remaining > MANY;
          const word = String(found.count);
          return (
            <>
              <p>
                This drives {number(found.count)} {found.count === 1 ? "run" : "runs"} again from the step that failed
                {found.remaining > 0 && `; ${number(found.remaining)} more remain for another replay`}.
                Finished steps are not repeated.
              </p>
              {many && <Field label={`Type ${word} to confirm`} value={typed} onChange={setTyped} />}
              <div className="buttons">
                <Push className="button primary" busy={act.isPending} isDisabled={found.count === 0 || (many && typed !== word)} onPress={() => act.mutate()}>Replay</Push>
                <Button className="button" onPress={close}>Cancel</Button>
              </div>
            </>
          );
        }}
      </Loaded>
    </Ask>
  );
}
