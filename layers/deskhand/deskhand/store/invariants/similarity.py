"""Invariants of links between tickets and of their vectors."""

from deskhand.store.invariants.invariant import Invariant

SIMILARITY = (
    Invariant(
        "original_is_older",
        "A duplicate is newer than its original, and never its own original",
        "SELECT id FROM tickets WHERE duplicate_of >= id",
    ),
    Invariant(
        "links_are_on_the_trail",
        "A ticket's original is the one in the last event that names an original",
        """
        SELECT t.id FROM tickets t LEFT JOIN LATERAL (
            SELECT e.data #>> '{changes,duplicate_of,new}' AS original FROM events e
            WHERE e.ticket_id = t.id AND e.kind = 'ticket.updated'
                  AND e.data #> '{changes,duplicate_of}' IS NOT NULL
            ORDER BY e.id DESC LIMIT 1) said ON true
        WHERE t.duplicate_of::text IS DISTINCT FROM said.original
        """,
    ),
    Invariant(
        "inherited_means_linked",
        "A run that inherited a triage called no model to classify the ticket",
        """
        SELECT o.run_id AS id FROM step_outcomes o
        JOIN model_calls m ON m.run_id = o.run_id AND m.step = 'classify'
        WHERE o.step = 'link_duplicate' AND (o.verdict ->> 'inherited')::bool
        """,
    ),
    Invariant(
        "vectors_follow_their_tickets",
        "A vector belongs to an existing ticket, has its standing, and is not newer than its text",
        """
        SELECT v.ticket_id AS id FROM ticket_vectors v LEFT JOIN tickets t ON t.id = v.ticket_id
        WHERE t.id IS NULL OR v.standing <> standing_of(t.status, t.duplicate_of)
              OR v.text_version > t.text_version
        """,
    ),
    Invariant(
        "one_model_serves",
        "An embedding model serves searches",
        "SELECT 'none' AS id WHERE NOT EXISTS (SELECT FROM embedding_models WHERE serving)",
    ),
)
