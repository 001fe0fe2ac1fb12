import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { eventsQuery, type Ticket } from "../../api/queries";

// A step that is tried again changes nothing of the ticket.
const RETRIES_MS = 15_000;

/** What happened to the ticket: read again when the ticket, which is polled, says that it went on. */
export function useEvents(ticket: Ticket) {
  const asked = useQuery({
    ...eventsQuery(ticket.id), refetchInterval: ticket.workflow_status === "IN_PROGRESS" ? RETRIES_MS : false,
  });
  const { refetch } = asked;
  useChange(ticket, () => void refetch());
  return asked;
}

/** Acts when there is another answer about the ticket; an equal one is the same object. */
export function useChange(ticket: Ticket, act: () => void) {
  const seen = useRef(ticket);
  useEffect(() => {
    if (seen.current !== ticket) act();
    seen.current = ticket;
  });
}
