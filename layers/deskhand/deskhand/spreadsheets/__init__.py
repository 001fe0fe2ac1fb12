"""Spreadsheets: written so that text stays text."""
