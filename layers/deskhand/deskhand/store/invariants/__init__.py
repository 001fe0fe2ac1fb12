"""What must be true of the database whatever failed on the way, each as a query for what breaks it.

They look at the tables that a ticket passes through, from its key to its notices, and at what is
counted and reckoned of it; not at accounts, catalogs, articles and what triage has learnt.

A ticket may be deleted with all that belongs to it: what stays is its audit row, and its keys that
a caller chose. A run may fail and come back as the next attempt; a ticket may have further runs.
"""
