"""What must always be true of the database, each as a query for the rows that break it.

The invariants cover a ticket's tables, from its key to its notices, and its totals and due times;
not accounts, catalogs, articles and trained classifiers.

A deleted ticket leaves its audit row and the keys that a caller chose. A failed run may continue as
the next attempt; a ticket may have further runs.
"""
