import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { paced, ticketQuery, type Ticket } from "../../api/queries";
import { useKeys } from "../../keys";
import { Loaded } from "../../parts/states";
import { address, go } from "../../routing";
import type { Me } from "../../session";
import { lastList } from "../last-list";
import { useEdits } from "./changes";
import { ConflictDialog } from "./conflict";
import { Conversation, OwnConversation } from "./conversation";
import { DuplicatesCard } from "./duplicates";
import { Header } from "./header";
import { EntitiesCard, ProvenanceCard } from "./provenance";
import { RunPanel } from "./run";
import { SimilarCard } from "./similar";
import { ClockCard } from "./clock";
import { Trail } from "./trail";
import { TriageCard } from "./triage";

const isSettled = ({ workflow_status }: Ticket) => ["COMPLETED", "FAILED"].includes(workflow_status);

export function TicketPage({ id, me }: { id: string; me: Me }) {
  const [pace] = useState(() => paced<Ticket>(isSettled));
  const asked = useQuery({ ...ticketQuery(id), refetchInterval: pace });
  const list = lastList();
  const subject = asked.data?.subject;
  useEffect(() => {
    if (subject) document.title = `${subject} · Deskhand`;
  }, [subject]);
  const at = list.ids.indexOf(id);
  const step = (by: number) => {
    const next = list.ids[at + by];
    if (at >= 0 && next) go(address(`tickets/${next}`));
  };
  useKeys({ J: () => step(1), K: () => step(-1), Escape: () => go(list.address) });
  return (
    <div className="page">
      <nav className="crumbs" aria-label="Way back">
        <a href={list.address}>← Back to the list</a>
        {at > 0 && <a href={address(`tickets/${list.ids[at - 1]}`)}>Previous</a>}
        {at >= 0 && at + 1 < list.ids.length && <a href={address(`tickets/${list.ids[at + 1]}`)}>Next</a>}
      </nav>
      <Loaded asked={asked} rows={6}>
        {(ticket) => (me.role === "customer" ? <Own ticket={ticket} /> : <Whole ticket={ticket} me={me} />)}
      </Loaded>
    </div>
  );
}

function Whole({ ticket, me }: { ticket: Ticket; me: Me }) {
  const edits = useEdits(ticket);
  return (
    <>
      <Header ticket={ticket} me={me} edits={edits} />
      <div className="columns">
        <div className="column">
          <Tabs className="panels">
            <TabList aria-label="Parts of the ticket" className="tab-list">
              <Tab id="text" className="tab">Conversation</Tab>
              <Tab id="trail" className="tab">Trail</Tab>
              <Tab id="run" className="tab">Run</Tab>
            </TabList>
            <TabPanel id="text" className="panel">
              <Conversation ticket={ticket} />
            </TabPanel>
            <TabPanel id="trail" className="panel"><Trail ticket={ticket} /></TabPanel>
            <TabPanel id="run" className="panel"><RunPanel ticket={ticket} /></TabPanel>
          </Tabs>
        </div>
        <div className="column side">
          <TriageCard ticket={ticket} />
          <ClockCard ticket={ticket} />
          <DuplicatesCard ticket={ticket} />
          <SimilarCard ticket={ticket} />
          <EntitiesCard ticket={ticket} />
          <ProvenanceCard ticket={ticket} />
        </div>
      </div>
      {edits.conflict && <ConflictDialog conflict={edits.conflict} edits={edits} />}
    </>
  );
}

/** What a customer sees of their own ticket: how far it is, in three words. */
function Own({ ticket }: { ticket: Ticket }) {
  const over = ["solved", "closed"].includes(ticket.status);
  const stage = over ? 3 : isSettled(ticket) ? 2 : ticket.category ? 1 : 0;
  const stages = ["received", "sorted", "with a person", "solved"];
  return (
    <>
      <header className="ticket-head"><h1>{ticket.subject}</h1></header>
      <ol className="stages" aria-label="Progress">
        {stages.map((name, index) => (
          <li key={name} data-reached={index <= stage} aria-current={index === stage ? "step" : undefined}>{name}</li>
        ))}
      </ol>
      <OwnConversation ticket={ticket} />
    </>
  );
}
