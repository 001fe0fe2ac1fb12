"""What stops an embedded stack, in words for the person at the keyboard."""


class EmbeddedError(Exception):
    """One sentence saying what is wrong and what to do about it."""
