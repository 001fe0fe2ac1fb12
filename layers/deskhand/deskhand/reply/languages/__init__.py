"""What replies know of each language: one file for each."""
