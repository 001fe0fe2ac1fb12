"""The report of a run of attribution: built as a spreadsheet, listed, and mailed once."""
