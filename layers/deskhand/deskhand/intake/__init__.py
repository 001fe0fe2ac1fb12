"""Intake of tickets: checks, idempotency key, transaction, send to the queue, outbox relay."""
