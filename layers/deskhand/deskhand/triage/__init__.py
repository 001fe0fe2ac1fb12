"""Triage of a ticket: its request type in the catalog, its priority, its entities."""
