"""What the domain refuses to do for a caller; `api/refused.py` has the HTTP status of each."""


class Refusal(Exception):
    """The request cannot be granted; `pointers` name the fields that it is about."""

    def __init__(self, detail: str, *pointers: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointers = pointers
        self.retry_after = retry_after


class NotFound(Refusal):
    """The thing does not exist, or not for this caller."""

    def __init__(self, what: str) -> None:
        super().__init__(f"there is no such {what}")


class Conflict(Refusal):
    """The present state of the thing does not allow it."""


class Invalid(Refusal):
    """The values are well-formed, but the domain does not take them."""


class Stale(Refusal):
    """The caller has read an older version of the ticket than `version`."""

    def __init__(self, detail: str, version: int) -> None:
        super().__init__(detail)
        self.version = version


class Forbidden(Refusal):
    """The caller may not do this."""


class TooManyTries(Refusal):
    """The caller has tried too often; `retry_after` says when to come back."""


class Unavailable(Refusal):
    """Something that it needs does not answer; `retry_after` says when to try again."""


def existing[T](row: T | None, what: str) -> T:
    """The row; raises NotFound when there is none."""
    if not row:
        raise NotFound(what)
    return row
