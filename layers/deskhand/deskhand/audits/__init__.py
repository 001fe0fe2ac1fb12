"""Audits of exported tickets, without side effects."""
