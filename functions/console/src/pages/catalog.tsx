import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { body, client } from "../api/client";
import { sentenceOf } from "../api/problem";
import { catalogQuery, type Schemas } from "../api/queries";
import { number } from "../format";
import { Card, Field } from "../parts/fields";
import { Push } from "../parts/push";
import { Loaded, Unknown } from "../parts/states";

/** What tickets can be sorted into. */
export function CatalogPart() {
  const asked = useQuery(catalogQuery());
  return (
    <Card title="Service catalog" aside={asked.data && <code>{asked.data.version}</code>}>
      <Loaded asked={asked}>
        {({ categories }) => (
          <div className="table-wrap">
            <table className="rows">
              <thead><tr><th scope="col">Category</th><th scope="col">Request type</th><th scope="col">Goes to</th><th scope="col">Priority</th><th scope="col">Solve within</th></tr></thead>
              <tbody>
                {categories.flatMap(({ name, request_types }) => request_types.map((type) => (
                  <tr key={name + type.name}>
                    <td>{name}</td>
                    <th scope="row">{type.name}<div className="sub">{type.description}</div></th>
                    <td>{type.route ?? <Unknown why="the catalog names no team" />}</td>
                    <td>{type.default_priority ?? <span className="quiet">medium</span>}</td>
                    <td>{type.resolution ? `${type.resolution.value} ${type.resolution.unit}` : <Unknown why="nothing is promised" />}</td>
                  </tr>
                )))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
    </Card>
  );
}

/** What is wrong or odd in a catalog, before it is put in force. */
export function CheckCatalog() {
  const [text, setText] = useState("");
  const check = useMutation({
    mutationFn: () => body(client.POST("/catalog/lint", { body: { text } })),
    onError: () => undefined,
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() && !check.isPending) check.mutate();
  };
  return (
    <Card title="Check another catalog">
      <form className="form" onSubmit={send}>
        <Field
          label="Catalog, as YAML or JSON" rows={8} value={text} onChange={setText}
          help="Nothing is stored, and the catalog in force stays: whoever runs the installation loads a new one."
        />
        <div className="buttons">
          <Push type="submit" className="button primary" busy={check.isPending} isDisabled={!text.trim()}>Check</Push>
        </div>
      </form>
      {check.error && <p className="wrong" role="alert">{sentenceOf(check.error)}</p>}
      {check.data && <Report report={check.data} />}
    </Card>
  );
}

function Report({ report }: { report: Schemas["LintedCatalog"] }) {
  const { version, categories, request_types, error_count, finding_count, errors, findings } = report;
  return (
    <div className="form" role="status">
      {version === null ? (
        <p className="wrong">It would be refused: {number(error_count)} {error_count === 1 ? "error" : "errors"}.</p>
      ) : (
        <p>
          It can be loaded: version <code>{version}</code>, {number(categories)} categories,{" "}
          {number(request_types)} request types, {number(finding_count)} {finding_count === 1 ? "finding" : "findings"}.
        </p>
      )}
      <Places title="Errors" places={errors} of={error_count} />
      <Places title="Findings: valid, and probably mistakes" places={findings} of={finding_count} />
    </div>
  );
}

function Places({ title, places, of }: { title: string; places: readonly Schemas["PlaceInCatalog"][]; of: number }) {
  if (!places.length) return null;
  return (
    <div>
      <h3>{title}</h3>
      <ul className="plain">
        {places.map(({ pointer, detail }) => <li key={pointer + detail}><code className="break">{pointer || "/"}</code> {detail}</li>)}
      </ul>
      {of > places.length && <p className="quiet">These are the first {number(places.length)} of {number(of)}.</p>}
    </div>
  );
}
