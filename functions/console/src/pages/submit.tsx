import { useMutation } from "@tanstack/react-query";
import { useRef, useState, type FormEvent } from "react";
import { body, client } from "../api/client";
import { Problem } from "../api/problem";
import { ticketsChanged } from "../api/queries";
import { person } from "../format";
import { announce } from "../parts/announce";
import { Card, Field } from "../parts/fields";
import { Push } from "../parts/push";
import { address, go } from "../routing";
import type { Me } from "../session";
import { Suggested } from "./suggested";

const KEPT = "deskhand.form";
type Form = { subject: string; body: string; department: string };

function kept(): Form {
  const empty = { subject: "", body: "", department: "" };
  try {
    return { ...empty, ...JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return empty;
  }
}

/** The form of a new ticket. What is written outlives a reload; sent twice, it is one ticket. */
export function Submit({ me }: { me: Me }) {
  const [form, setForm] = useState(kept);
  const [customer, setCustomer] = useState("");
  // One key for one form: a second click, or a repeat after a lost answer, is the same ticket.
  const key = useRef(crypto.randomUUID());
  const staff = me.role !== "customer";
  const change = (part: Partial<Form>) => {
    const next = { ...form, ...part };
    setForm(next);
    sessionStorage.setItem(KEPT, JSON.stringify(next));
  };
  const submit = useMutation({
    mutationFn: () =>
      body(
        client.POST("/tickets", {
          params: { header: { "Idempotency-Key": key.current } },
          body: {
            subject: form.subject, body: form.body, channel: "console",
            ...(form.department ? { department: form.department } : {}),
            customer_id: staff ? customer : person(me.id),
          },
        }),
      ),
    onSuccess: ({ ticket_id }) => {
      sessionStorage.removeItem(KEPT);
      announce("Received");
      void ticketsChanged();
      go(address(`tickets/${ticket_id}`));
    },
    onError: (error) => {
      // A corrected form is another request.
      if (error instanceof Problem && error.status === 422) key.current = crypto.randomUUID();
    },
  });
  const problem = submit.error instanceof Problem ? submit.error : null;
  const fault = (name: string) => problem?.faults.find(({ pointer }) => pointer === `/${name}`)?.detail;
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!submit.isPending) submit.mutate();
  };
  return (
    <div className="page narrow">
      <h1>New ticket</h1>
      <Card title="What is it about?">
        <form className="form" onSubmit={send}>
          {problem && problem.faults.length === 0 && <p className="wrong" role="alert">{problem.sentence}</p>}
          {staff && (
            <Field label="Requester" value={customer} onChange={setCustomer} isRequired fault={fault("customer_id")} help="Whose ticket it is, as your other systems name them" />
          )}
          <Field label="Subject" value={form.subject} onChange={(subject) => change({ subject })} isRequired maxLength={500} fault={fault("subject")} />
          <Field
            label="Description" value={form.body} onChange={(text) => change({ body: text })} rows={8} fault={fault("body")}
            help="What you did, what happened, and since when. Send no passwords."
          />
          <Field label="Department (optional)" value={form.department} onChange={(department) => change({ department })} fault={fault("department")} />
          <div className="buttons">
            <Push type="submit" className="button primary" busy={submit.isPending}>Send</Push>
          </div>
        </form>
      </Card>
      <Suggested text={`${form.subject}\n${form.body}`} />
    </div>
  );
}
