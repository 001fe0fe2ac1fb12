import { useQuery } from "@tanstack/react-query";
import { useRef, type FormEvent, type ReactNode } from "react";
import { Label, Radio, RadioGroup } from "react-aria-components";
import { Problem } from "../../api/problem";
import { messagesQuery, peopleQuery, type Schemas, type Ticket } from "../../api/queries";
import { person } from "../../format";
import { useKeys } from "../../keys";
import { useActions } from "../../parts/actions";
import { Card, Field } from "../../parts/fields";
import { Push } from "../../parts/push";
import { Loaded } from "../../parts/states";
import { Time } from "../../parts/time";
import { DraftCard } from "./draft";
import { useLetter, type Letter } from "./letter";
import { TextCard } from "./text";

const NEWS_MS = 20_000;
const MOST = 10_000;
const KINDS: Record<Letter["kind"], string> = { reply: "Reply", note: "Internal note", answer: "Answer" };

/** The ticket's text and everything that was written since, with the proposed reply and an editor. */
export function Conversation({ ticket }: { ticket: Ticket }) {
  const people = useQuery(peopleQuery());
  const names = new Map(people.data?.people.map(({ id, email }) => [id, email]));
  const { letter, change, sending } = useLetter(ticket.id, "reply");
  const editor = useRef<HTMLDivElement>(null);
  const write = (part: Partial<Letter>) => {
    change(part);
    editor.current?.querySelector("textarea")?.focus();
  };
  const { draft } = ticket;
  // What is already written stays; the numbers of sources say nothing to the requester.
  const use = () => {
    if (!draft?.text) return;
    const proposed = draft.text.replace(/ ?\[\d+\]/g, "");
    write({ kind: "reply", draft: draft.run_id, body: [letter.body, proposed].filter(Boolean).join("\n\n") });
  };
  useKeys({ r: () => write({ kind: "reply" }), n: () => write({ kind: "note" }), e: use });
  useActions([
    { text: "Write a reply", words: "answer message", act: () => write({ kind: "reply" }) },
    { text: "Write an internal note", words: "comment", act: () => write({ kind: "note" }) },
  ]);
  return (
    <>
      <TextCard ticket={ticket} />
      <Messages ticket={ticket} nameOf={({ written_by }) => names.get(written_by) ?? person(written_by)} />
      <DraftCard ticket={ticket} use={use} />
      <div ref={editor}>
        <Editor ticket={ticket} letter={letter} change={change} sending={sending}>
          <RadioGroup
            className="radios across" orientation="horizontal" value={letter.kind}
            onChange={(kind) => change({ kind: kind as Letter["kind"] })}
          >
            <Label className="hidden">Who reads it</Label>
            <Radio value="reply" className="radio">Reply, for the requester <kbd>r</kbd></Radio>
            <Radio value="note" className="radio">Internal note <kbd>n</kbd></Radio>
          </RadioGroup>
        </Editor>
      </div>
    </>
  );
}

/** What the requester reads and writes. */
export function OwnConversation({ ticket }: { ticket: Ticket }) {
  const { letter, change, sending } = useLetter(ticket.id, "answer");
  return (
    <>
      <TextCard ticket={ticket} />
      <Messages ticket={ticket} nameOf={({ kind }) => (kind === "answer" ? "you" : "the service desk")} />
      <Editor ticket={ticket} letter={letter} change={change} sending={sending}>
        {ticket.status === "solved" && <p className="quiet">It is solved. If it is not, write what is wrong: that opens it again.</p>}
      </Editor>
    </>
  );
}

function Messages({ ticket, nameOf }: { ticket: Ticket; nameOf: (message: Schemas["Message"]) => string }) {
  const asked = useQuery({
    ...messagesQuery(ticket.id), refetchInterval: () => (document.hasFocus() ? NEWS_MS : false),
  });
  return (
    <Loaded asked={asked} rows={1}>
      {(messages) => (
        <ol className="messages" aria-label="Messages">
          {messages.map((message) => (
            <li key={message.id} className="message" data-kind={message.kind}>
              <p className="quiet">
                <strong>{KINDS[message.kind]}</strong> by {nameOf(message)}, <Time at={message.at} />
              </p>
              <div className="written" dir="auto">{message.body}</div>
            </li>
          ))}
        </ol>
      )}
    </Loaded>
  );
}

function Editor({ ticket, letter, change, sending, children }: {
  ticket: Ticket;
  children: ReactNode;
} & ReturnType<typeof useLetter>) {
  if (ticket.status === "closed" && letter.kind === "answer") {
    return <p className="quiet">The ticket is closed. <a href="#/new">Hand in a new one</a> if something is left to do.</p>;
  }
  const problem = sending.error instanceof Problem ? sending.error : null;
  const fault = problem?.faults.find(({ pointer }) => pointer === "/body")?.detail;
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (letter.body.trim() && !sending.isPending) sending.mutate();
  };
  return (
    <Card title={letter.kind === "answer" ? "Answer" : "Write"}>
      <form className="form" onSubmit={send}>
        {children}
        {problem && !fault && <p className="wrong" role="alert">{problem.sentence}</p>}
        <Field
          label={KINDS[letter.kind]} rows={6} value={letter.body} maxLength={MOST} fault={fault}
          onChange={(text) => change({ body: text })}
          help={letter.kind === "note" ? "Only those who work on tickets read it." : undefined}
        />
        <div className="buttons">
          <Push type="submit" className="button primary" busy={sending.isPending} isDisabled={!letter.body.trim()}>
            {letter.kind === "note" ? "Store the note" : "Send"}
          </Push>
          {letter.body !== "" && <Push className="button" onPress={() => change({ body: "", draft: null })}>Empty it</Push>}
        </div>
      </form>
    </Card>
  );
}
