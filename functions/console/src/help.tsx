import { Button } from "react-aria-components";
import { Ask } from "./parts/dialog";

const EVERYWHERE: [string, string][] = [
  ["Ctrl+K", "look for an action, also in fields"],
  ["/", "search"],
  ["z", "undo the last thing"],
  ["?", "this help"],
];
const OF_LISTS: [string, string][] = [
  ["j k", "next, previous row"],
  ["x", "select"],
  ["J K", "select, and on to the next, previous row"],
  ["Enter", "open"],
  [".", "show what is new"],
];
const OF_TICKETS: [string, string][] = [
  ["a", "accept the triage"],
  ["c", "correct the triage"],
  ["m", "assign to me"],
  ["r n", "write a reply, an internal note"],
  ["e", "edit the proposed reply"],
  ["p s i", "set priority, status, assignee"],
  ["d", "link it to the ticket that it repeats"],
  ["J K", "next, previous ticket of the list"],
  ["Esc", "back to the list"],
];

export function Help({ tabs, onClose }: {
  tabs: readonly { name: string; key?: string }[];
  onClose: () => void;
}) {
  const pages = tabs.flatMap(({ name, key }): [string, string][] => (key ? [[`g ${key}`, name]] : []));
  return (
    <Ask title="Keys" onClose={onClose}>
      <div className="keys">
        <Keys title="Everywhere" keys={[...EVERYWHERE, ...pages]} />
        <Keys title="Lists" keys={OF_LISTS} />
        <Keys title="Tickets" keys={OF_TICKETS} />
      </div>
      <p className="quiet">
        Single keys can be switched off in the <a href="#/settings" onClick={onClose}>settings</a>.
      </p>
      <Button className="button" onPress={onClose}>Close</Button>
    </Ask>
  );
}

function Keys({ title, keys }: { title: string; keys: [string, string][] }) {
  return (
    <div>
      <h3>{title}</h3>
      <dl className="facts">
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>{key.split(" ").map((each) => <kbd key={each}>{each}</kbd>)}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
