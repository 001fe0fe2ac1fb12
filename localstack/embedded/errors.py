"""The error that stops a command, written for the person at the keyboard."""


class EmbeddedError(Exception):
    """One sentence that says what is wrong and what to do."""
