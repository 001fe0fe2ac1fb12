"""A ticket's way in: checks, idempotency key, transaction, send to the queue, outbox relay."""
