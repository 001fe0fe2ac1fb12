import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../../api/client";
import { Problem, sentenceOf } from "../../api/problem";
import { ticketQuery, ticketsChanged, type Schemas, type Ticket } from "../../api/queries";
import { announce } from "../../parts/announce";

export type Edit = Partial<Schemas["Edit"]> & Record<string, unknown>;
export type Conflict = { mine: Edit; theirs: Ticket };

/** Edits of a ticket at the version that is shown; a newer one is compared field by field. */
export function useEdits(ticket: Ticket) {
  const cache = useQueryClient();
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const done = (row: Ticket) => {
    cache.setQueryData(ticketQuery(row.id).queryKey, row);
    void ticketsChanged();
  };
  const edit = useMutation({
    mutationFn: ({ change, version }: { change: Edit; version: number; said: string; back?: Edit }) =>
      body(
        client.PATCH("/tickets/{ticket_id}", {
          params: { path: { ticket_id: ticket.id }, header: { "If-Match": `"${version}"` } },
          body: change as Schemas["Edit"],
        }),
      ),
    onSuccess: (row, { said, back }) => {
      setConflict(null);
      done(row);
      announce(said, "done", back && (() => edit.mutate({ change: back, version: row.version, said: "Undone" })));
    },
    onError: async (error, { change }) => {
      if (!(error instanceof Problem) || error.status !== 412) {
        announce(sentenceOf(error), "error");
        return;
      }
      const theirs = await body(
        client.GET("/tickets/{ticket_id}", { params: { path: { ticket_id: ticket.id } } }),
      );
      done(theirs);
      setConflict({ mine: change, theirs });
    },
  });
  return {
    conflict,
    busy: edit.isPending,
    apply: (change: Edit, said: string, back?: Edit) =>
      edit.mutate({ change, version: ticket.version, said, ...(back ? { back } : {}) }),
    keepMine: (change: Edit) =>
      conflict && edit.mutate({ change, version: conflict.theirs.version, said: "Saved" }),
    takeTheirs: () => setConflict(null),
  };
}

export type Edits = ReturnType<typeof useEdits>;

/** Says where the ticket belongs: triage learns from it. */
export function useCorrection(ticket: Ticket) {
  return useMutation({
    mutationFn: (said: Schemas["Correction"]) =>
      body(
        client.POST("/tickets/{ticket_id}/corrections", {
          params: { path: { ticket_id: ticket.id } },
          body: said,
        }),
      ),
    onSuccess: (_, said) => {
      const same = said.category === ticket.category && said.request_type === ticket.request_type;
      announce(same ? "Triage accepted" : `Now ${said.category} › ${said.request_type}`);
      void ticketsChanged();
    },
  });
}

const unlink = ({ id, version }: Ticket) =>
  body(
    client.DELETE("/tickets/{ticket_id}/duplicate", {
      params: { path: { ticket_id: id }, header: { "If-Match": `"${version}"` } },
    }),
  );

/** Says that the ticket repeats another one; it can be taken back. */
export function useLink(ticket: Ticket) {
  const back = useMutation({
    mutationFn: unlink,
    onSuccess: () => {
      announce("No longer linked");
      void ticketsChanged();
    },
  });
  return useMutation({
    mutationFn: (original: string) =>
      body(
        client.PUT("/tickets/{ticket_id}/duplicate", {
          params: { path: { ticket_id: ticket.id }, header: { "If-Match": `"${ticket.version}"` } },
          body: { original },
        }),
      ),
    onSuccess: (linked) => {
      announce("Linked as a duplicate", "done", () => back.mutate(linked));
      void ticketsChanged();
    },
  });
}

export function useUnlink(ticket: Ticket) {
  return useMutation({
    mutationFn: () => unlink(ticket),
    onSuccess: () => {
      announce("No longer linked; it will not be linked again");
      void ticketsChanged();
    },
  });
}

/** Removes the proposed reply, unless the ticket has another one by now. */
export function useDiscard({ id, version }: Ticket) {
  return useMutation({
    mutationFn: () =>
      body(
        client.DELETE("/tickets/{ticket_id}/draft", {
          params: { path: { ticket_id: id }, header: { "If-Match": `"${version}"` } },
        }),
      ),
    onSuccess: () => announce("The proposed reply is discarded"),
    onSettled: () => ticketsChanged(),
  });
}

export function useReprocess(ticket: Ticket) {
  return useMutation({
    mutationFn: () =>
      body(
        client.POST("/tickets/{ticket_id}/reprocess", {
          params: { path: { ticket_id: ticket.id }, header: { "Idempotency-Key": crypto.randomUUID() } },
          body: {},
        }),
      ),
    onSuccess: () => {
      announce("A new run has begun");
      void ticketsChanged();
    },
  });
}
