import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from "react-aria-components";
import { body, client } from "../api/client";
import { sentenceOf as problemIn } from "../api/problem";
import { peopleQuery, ticketsChanged, type Schemas } from "../api/queries";
import { number } from "../format";
import { useActions } from "../parts/actions";
import { announce } from "../parts/announce";
import { Ask } from "../parts/dialog";
import { Push } from "../parts/push";
import { Loaded } from "../parts/states";
import { address } from "../routing";
import { PRIORITIES, selectionOf, STATUSES } from "./filters";

/** Tickets that are selected with the versions that were seen, or all that a list has. */
export type Chosen = { versions: ReadonlyMap<string, number>; all: boolean };
export const NOTHING: Chosen = { versions: new Map(), all: false };

type Wanted = { text: string; change: Schemas["Bulk"]["change"] };
type Done = Schemas["BulkChange"];
// What one request may change: so many named ones, or so many of a list.
const MOST = 100;
const MOST_OF_LIST = 250;

type Props = { chosen: Chosen; setChosen: (chosen: Chosen) => void; query: URLSearchParams; total: number };

/** What can be done with the selected tickets. */
export function BulkBar({ chosen, setChosen, query, total }: Props) {
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const groups = useGroups();
  const { versions, all } = chosen;
  const count = all ? total : versions.size;
  const most = all ? MOST_OF_LIST : MOST;
  useActions(groups.flatMap(({ items }) => items.map((each) => ({ text: `Selected tickets, ${each.text}`, act: () => setWanted(each) }))));
  return (
    <section className="bulk" aria-label="Selected tickets">
      <strong role="status">{number(count)} selected</strong>
      {!all && total > versions.size && total <= MOST_OF_LIST && (
        <Button className="link" onPress={() => setChosen({ ...chosen, all: true })}>Select all {number(total)} that match</Button>
      )}
      {count > most && <span className="late">at most {most} at once</span>}
      <MenuTrigger>
        <Button className="button primary" isDisabled={count > most}>Change…</Button>
        <Popover className="popover" placement="top start">
          <Menu className="listbox" aria-label="Change the selected tickets" onAction={(key) => setWanted(groups.flatMap(({ items }) => items).find(({ text }) => text === key) ?? null)}>
            {groups.map(({ title, items }) => (
              <MenuSection key={title}>
                <Header className="menu-title">{title}</Header>
                {items.map(({ text }) => <MenuItem key={text} id={text} className="option">{text}</MenuItem>)}
              </MenuSection>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
      <Button className="button" onPress={() => setChosen(NOTHING)}>Select none</Button>
      {wanted && <BulkDialog wanted={wanted} tickets={ticketsOf(chosen, query, total)} close={(done) => { setWanted(null); if (done) setChosen(NOTHING); }} />}
    </section>
  );
}

function useGroups(): { title: string; items: Wanted[] }[] {
  const people = useQuery(peopleQuery());
  const assignees = people.data?.people.map(({ email }) => email) ?? [];
  return [
    // A ticket that somebody has taken is not new any more.
    { title: "Status", items: STATUSES.filter((each) => each !== "new").map((status) => ({ text: `Status: ${status}`, change: { status } })) },
    { title: "Priority", items: PRIORITIES.map((priority) => ({ text: `Priority: ${priority}`, change: { priority } })) },
    { title: "Assignee", items: [null, ...assignees].map((assignee) => ({ text: `Assignee: ${assignee ?? "nobody"}`, change: { assignee } })) },
  ] as { title: string; items: Wanted[] }[];
}

type Tickets = Pick<Schemas["Bulk"], "ids" | "versions" | "query" | "expected_count">;

const ticketsOf = ({ versions, all }: Chosen, query: URLSearchParams, total: number): Tickets =>
  all
    ? { query: selectionOf(query).toString(), expected_count: total }
    : { ids: [...versions.keys()], versions: Object.fromEntries(versions) };

const send = (tickets: Tickets, { change }: Wanted, dry_run: boolean, key: string) =>
  body(
    client.POST("/tickets/bulk", {
      params: { header: { "Idempotency-Key": key } }, body: { ...tickets, change, dry_run } as Schemas["Bulk"],
    }),
  );

/** First what would change, then the change; what was not changed is named with its reason. */
function BulkDialog({ wanted, tickets, close }: { wanted: Wanted; tickets: Tickets; close: (done: boolean) => void }) {
  // One key for one dialog: a second click is the same change.
  const [key] = useState(() => crypto.randomUUID());
  const dry = useQuery({
    queryKey: ["bulk", "dry", wanted, tickets], queryFn: () => send(tickets, wanted, true, crypto.randomUUID()),
    gcTime: 0, staleTime: Infinity, refetchOnWindowFocus: false,
  });
  const sent = useRef(false);
  const act = useMutation({
    mutationFn: () => send(tickets, wanted, false, key),
    onError: (error) => {
      sent.current = false;
      announce(problemIn(error), "error");
    },
    onSuccess: (done) => {
      const { bulk_id: id } = done;
      announce(`${wanted.text}: ${changedOf(done)} changed`, "done", id === null ? undefined : () => void undoBulk(id));
      void ticketsChanged();
      if (!leftOf(done).length) close(true);
    },
  });
  const change = () => {
    if (sent.current) return;
    sent.current = true;
    act.mutate();
  };
  return (
    <Ask title={wanted.text} onClose={() => close(act.data !== undefined)}>
      {act.data ? <Left done={act.data} close={() => close(true)} /> : (
        <Loaded asked={dry} rows={1}>
          {(found) => (
            <>
              <p>{sentenceOf(found)}</p>
              <Reasons done={found} />
              <div className="buttons">
                <Push className="button primary" busy={act.isPending} isDisabled={found.counts.changed === 0} onPress={change}>Change {changedOf(found)}</Push>
                <Button className="button" onPress={() => close(false)}>Cancel</Button>
              </div>
            </>
          )}
        </Loaded>
      )}
    </Ask>
  );
}

const changedOf = ({ counts: { changed } }: Done) => `${number(changed)} ${changed === 1 ? "ticket" : "tickets"}`;
const leftOf = ({ results }: Done) => results.filter(({ result }) => result !== "changed" && result !== "unchanged");

function sentenceOf({ counts: { changed, unchanged, stale, refused, missing } }: Done): string {
  const parts = [
    [changed, "would change"], [unchanged, "are so already"], [stale, "were changed by somebody since you read them"],
    [refused, "cannot be changed so"], [missing, "do not exist any more"],
  ] as const;
  return `${parts.filter(([count]) => count).map(([count, said]) => `${number(count)} ${said}`).join(", ")}.`;
}

function Left({ done, close }: { done: Done; close: () => void }) {
  return (
    <>
      <p>{changedOf(done)} changed. These were not:</p>
      <Reasons done={done} />
      <div className="buttons"><Button className="button" onPress={close}>Close</Button></div>
    </>
  );
}

function Reasons({ done }: { done: Done }) {
  const left = leftOf(done);
  if (!left.length) return null;
  return (
    <ul className="plain reasons-of-bulk">
      {left.map(({ ticket_id, result, reason }) => (
        <li key={ticket_id}><a href={address(`tickets/${ticket_id}`)}>{ticket_id.slice(-12)}</a> {result}{reason && `: ${reason}`}</li>
      ))}
    </ul>
  );
}

/** Takes a bulk change back where nobody has changed the ticket since. */
export async function undoBulk(bulk_id: string): Promise<void> {
  try {
    const { counts } = await body(client.DELETE("/tickets/bulk/{bulk_id}", { params: { path: { bulk_id } } }));
    const left = counts.stale + counts.refused + counts.missing;
    announce(`${number(counts.undone)} undone${left ? `, ${number(left)} stay: something has changed them since` : ""}`);
  } catch (error) {
    announce(problemIn(error as Error), "error");
  }
  void ticketsChanged();
}
