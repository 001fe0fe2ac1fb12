"""What can be wrong before a function runs."""


class SetupError(Exception):
    """The function cannot run here, for a reason that its user can remove."""
