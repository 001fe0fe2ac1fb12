"""What the rules of triage know of each language: one file for each."""
