"""Every error a step may end with. The class names are wire format: the state machine matches them.

DeskhandError
├── transient, retried by the state machine
│   ├── DatabaseUnavailable
│   ├── BucketUnavailable
│   ├── ModelUnavailable
│   ├── ModelRateLimited
│   ├── TicketEdited
│   ├── OriginalUnsettled: by the state LinkDuplicate only, so it is not in TRANSIENT
│   └── HelpdeskUnavailable: by the state FetchRequests only
└── permanent, the run fails with the name and the message as its reason
    ├── InvalidTicket
    ├── AttemptOvertaken
    ├── CatalogMissing
    ├── ModelRefused
    ├── ModelOutputInvalid
    ├── HelpdeskRefused
    ├── HelpdeskInvalid
    └── StepFailed

Messages enter the execution history: they carry no ticket text, key or password.
"""


class DeskhandError(Exception):
    """Something in Deskhand went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class DatabaseUnavailable(DeskhandError):
    """The database did not answer."""


class BucketUnavailable(DeskhandError):
    """The bucket of the reports did not answer."""


class ModelUnavailable(DeskhandError):
    """The model did not answer in time, or not at all."""


class ModelRateLimited(DeskhandError):
    """The model asked us to come back later; `retry_after` says in how many seconds, if it did."""

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(message or "The model asked us to come back later.")
        self.retry_after = retry_after


class TicketEdited(DeskhandError):
    """People edited the ticket while the step was at work on it; the step is to be done again."""


class OriginalUnsettled(DeskhandError):
    """The original is not triaged yet, or has just changed; the step is to be done again."""


class InvalidTicket(DeskhandError):
    """The ticket holds nothing that could be triaged."""


class AttemptOvertaken(DeskhandError):
    """A newer attempt of this run exists, or the run has ended: this attempt may change nothing."""


class CatalogMissing(DeskhandError):
    """No service catalog is loaded; load one with the load_catalog function."""


class ModelRefused(DeskhandError):
    """The model refused the request, or its key or name is wrong."""


class ModelOutputInvalid(DeskhandError):
    """The model's answer did not fit the schema, even after one repair."""


class HelpdeskUnavailable(DeskhandError):
    """The helpdesk did not answer in time, or asked us to come back later."""


class HelpdeskRefused(DeskhandError):
    """The helpdesk refused the request, or its URL is not allowed."""


class HelpdeskInvalid(DeskhandError):
    """The helpdesk's answer is not a list of requests, or too long a one."""


class StepFailed(DeskhandError):
    """The step ended in an unexpected error; the function's log names it."""


OF_MODELS = (ModelUnavailable, ModelRateLimited, ModelRefused, ModelOutputInvalid)
TRANSIENT = (DatabaseUnavailable, ModelUnavailable, ModelRateLimited, TicketEdited)
