import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { body, client } from "../../api/client";
import { Problem } from "../../api/problem";
import { ticketsChanged, type Schemas } from "../../api/queries";
import { announce } from "../../parts/announce";

/** What somebody is writing; `draft` is the run whose proposal it began with. */
export type Letter = { kind: Schemas["NewMessage"]["kind"]; body: string; draft: number | null };

const SAID = { reply: "Sent: the requester can read it", note: "The note is stored", answer: "Sent" };

/** A message that is being written: it outlives a reload, and is sent once. */
export function useLetter(ticketId: string, kind: Letter["kind"]) {
  const place = `deskhand.letter.${ticketId}`;
  const [letter, setLetter] = useState<Letter>(() => {
    try {
      return { kind, body: "", draft: null, ...JSON.parse(sessionStorage.getItem(place) ?? "{}") };
    } catch {
      return { kind, body: "", draft: null };
    }
  });
  useEffect(() => {
    if (letter.body) sessionStorage.setItem(place, JSON.stringify(letter));
    else sessionStorage.removeItem(place);
  }, [letter, place]);
  const change = (part: Partial<Letter>) => setLetter((before) => ({ ...before, ...part }));
  // One key for one message: a second click, or a repeat after a lost answer, is the same message.
  const key = useRef(crypto.randomUUID());
  const renewed = () => void (key.current = crypto.randomUUID());
  const sending = useMutation({
    mutationFn: () =>
      body(
        client.POST("/tickets/{ticket_id}/messages", {
          params: { path: { ticket_id: ticketId }, header: { "Idempotency-Key": key.current } },
          body: { kind: letter.kind, body: letter.body, ...(letter.kind === "reply" && letter.draft ? { draft: letter.draft } : {}) },
        }),
      ),
    onSuccess: () => {
      announce(SAID[letter.kind]);
      renewed();
      change({ body: "", draft: null });
      void ticketsChanged();
    },
    onError: (error) => {
      if (!(error instanceof Problem) || error.status < 400 || error.status >= 500) return;
      renewed();
      // Somebody else was faster: the text stays, and what they wrote is shown beside it.
      if (error.status === 409) change({ draft: null });
      void ticketsChanged();
    },
  });
  return { letter, change, sending };
}
