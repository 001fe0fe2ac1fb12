"""Duplicates, tickets that report the same problem: detect, link, unlink."""
