"""Deskhand's domain: what a ticket is, how it is stored, and how each step of its triage thinks."""
