"""HTTP routes of a person's own preferences: theme, keys, and the lists that they named."""

from http import HTTPStatus
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict, Field

from deskhand.api import body
from deskhand.api.fields import Label
from deskhand.api.list_query import ListQuery, check_list
from deskhand.api.router import Api
from deskhand.refusals import Invalid, existing
from deskhand.store import accounts
from deskhand.store.connection import connection

MAX_VIEWS = 50


class View(BaseModel):
    """A list of tickets that a person gave a name."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: Label
    query: ListQuery = Field(description="The query string of `GET /tickets`")


class Preferences(BaseModel):
    """`PUT /auth/me/preferences`: all of them; what is not sent is as it was in the beginning."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    theme: Literal["system", "light", "dark"] = "system"
    single_keys: bool = Field(True, description="Whether single keys act in the console")
    views: Annotated[list[View], Field(max_length=MAX_VIEWS)] = []

    def check(self) -> None:
        """Raises Invalid for a name that is used twice, or a query that is none."""
        names: set[str] = set()
        for number, view in enumerate(self.views):
            if view.name in names:
                raise Invalid("is the name of another view", f"/views/{number}/name")
            names.add(view.name)
            check_list(view.query, f"/views/{number}/query")


def show(api: Api) -> Response[str]:
    """200 with the caller's preferences; with those of the beginning for one without an account."""
    stored, account_id = None, api.caller.account_id
    if account_id is not None:
        with connection() as conn:
            stored = accounts.preferences(conn, account_id)
    return api.answer(HTTPStatus.OK, Preferences.model_validate(stored or {}).model_dump_json())


def put(api: Api) -> Response[str]:
    """200 with the caller's new preferences; 404 for a caller without an account."""
    sent = body.parse_body(body.raw_body(api.current_event))
    wanted = body.validate(Preferences, sent)
    wanted.check()
    account_id = existing(api.caller.account_id, "account")
    with connection() as conn:
        existing(accounts.set_preferences(conn, account_id, wanted.model_dump()), "account")
    return api.answer(HTTPStatus.OK, wanted.model_dump_json())
