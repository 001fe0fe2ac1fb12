"""Notices of warnings and breaches: owed in the database, sent until the other side takes them."""
