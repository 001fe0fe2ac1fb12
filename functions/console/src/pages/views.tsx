import { useState, type FormEvent } from "react";
import { Ask } from "../parts/dialog";
import { Field } from "../parts/fields";
import { Push } from "../parts/push";
import type { Action } from "../parts/actions";
import { prefer, usePreferences } from "../preferences";
import { address, go } from "../routing";
import { viewOf } from "./filters";

const place = (query: string) => address("tickets", new URLSearchParams(query));

/** The lists that somebody named, the shown one marked. */
export function Views({ query }: { query: URLSearchParams }) {
  const { views } = usePreferences();
  if (!views.length) return null;
  const shown = viewOf(query);
  return (
    <nav aria-label="Your lists" className="facet">
      {views.map(({ name, query: own }) => (
        <a key={name} href={place(own)} aria-current={own === shown ? "page" : undefined}>{name}</a>
      ))}
    </nav>
  );
}

export const useViewActions = (): Action[] =>
  usePreferences().views.map(({ name, query }) => ({ text: `List: ${name}`, words: "view", act: () => go(place(query)) }));

/** Asks for the list's name; a list of that name is replaced. */
export function NameDialog({ query, close }: { query: URLSearchParams; close: () => void }) {
  const { views } = usePreferences();
  const [text, setText] = useState("");
  const name = text.trim();
  const isKnown = views.some((view) => view.name === name);
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (!name) return;
    const view = { name, query: viewOf(query) };
    void prefer(
      ({ views: before }) => ({ views: [...before.filter((each) => each.name !== name), view] }),
      `This list is now “${name}”`,
    );
    close();
  };
  return (
    <Ask title="Name this list" onClose={close}>
      <form className="form" onSubmit={save}>
        <Field
          label="Name" value={text} onChange={setText} autoFocus isRequired maxLength={100}
          help="It is then beside the filters, in every browser that you log in with."
        />
        {isKnown && <p className="warning" role="status">You have a list of that name: this one replaces it.</p>}
        <div className="buttons">
          <Push type="submit" className="button primary">{isKnown ? "Replace" : "Save"}</Push>
          <Push className="button" onPress={close}>Cancel</Push>
        </div>
      </form>
    </Ask>
  );
}
