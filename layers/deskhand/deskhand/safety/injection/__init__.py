"""Prompt injection: found in what strangers write."""
