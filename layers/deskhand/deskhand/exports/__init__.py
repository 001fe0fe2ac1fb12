"""Exports: a list of tickets as a CSV or XLSX file in the bucket."""
