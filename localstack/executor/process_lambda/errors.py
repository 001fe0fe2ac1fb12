"""Errors before a function runs."""


class SetupError(Exception):
    """The function cannot run here; the message says what its user can do."""
