"""What is done to a catalog before it is in force: read, checked, fetched, compared."""
