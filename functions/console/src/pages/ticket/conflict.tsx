import { useState } from "react";
import { Button, Radio, RadioGroup, Label } from "react-aria-components";
import { Ask } from "../../parts/dialog";
import { Push } from "../../parts/push";
import { words } from "../../format";
import type { Conflict, Edit, Edits } from "./changes";

const shown = (value: unknown): string =>
  value === null || value === undefined || value === "" ? "empty"
  : Array.isArray(value) ? value.join(", ") || "empty" : String(value);

/** Somebody else was faster: each field is decided, nothing is lost. */
export function ConflictDialog({ conflict, edits }: { conflict: Conflict; edits: Edits }) {
  const fields = Object.keys(conflict.mine);
  const [mine, setMine] = useState<readonly string[]>(fields);
  const save = () => {
    const kept: Edit = Object.fromEntries(
      fields.filter((name) => mine.includes(name)).map((name) => [name, conflict.mine[name]]),
    );
    if (Object.keys(kept).length) edits.keepMine(kept);
    else edits.takeTheirs();
  };
  return (
    <Ask title="The ticket has changed meanwhile">
      <p>Somebody else has saved it since you read it. Which values shall it have?</p>
      {fields.map((name) => (
        <RadioGroup
          key={name} className="radios" value={mine.includes(name) ? "mine" : "theirs"}
          onChange={(choice) =>
            setMine(choice === "mine" ? [...mine, name] : mine.filter((each) => each !== name))
          }
        >
          <Label>{words(name)}</Label>
          <Radio value="mine" className="radio">yours: {shown(conflict.mine[name])}</Radio>
          <Radio value="theirs" className="radio">
            theirs: {shown((conflict.theirs as Record<string, unknown>)[name])}
          </Radio>
        </RadioGroup>
      ))}
      <div className="buttons">
        <Push className="button primary" onPress={save} busy={edits.busy}>Save</Push>
        <Button className="button" onPress={edits.takeTheirs}>Discard mine</Button>
      </div>
    </Ask>
  );
}
