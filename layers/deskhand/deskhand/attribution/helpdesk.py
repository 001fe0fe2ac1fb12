"""Asks the helpdesk for its requests: one POST with key and secret in JSON.

No error quotes the answer, the URL or the settings: a server may echo key and secret in any form.
"""

import json
import re
from http import HTTPStatus
from typing import Any

from deskhand.errors import DeskhandError, HelpdeskInvalid, HelpdeskRefused, HelpdeskUnavailable
from deskhand.safety.outbound import AddressRefused, AnswerLimits, NoAnswer, ask
from deskhand.settings.environment import SettingInvalid, Settings
from deskhand.settings.secrets_manager import SecretUnavailable, secret

SECONDS = 60.0
MAX_BYTES = 32 * 1024 * 1024
_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "User-Agent": "deskhand",
}
_COME_BACK = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_CODE = re.compile(r"[1-9][0-9]{2}")


def fetch(settings: Settings) -> list[Any]:
    """The items of the answer, of any kind; raises HelpdeskUnavailable, HelpdeskRefused,
    HelpdeskInvalid, or SettingInvalid naming a setting that is missing.
    """
    url = settings.need("helpdesk_url")
    login = {"api_key": "helpdesk_key", "api_secret": "helpdesk_secret"}
    body = json.dumps({member: _needed(settings, name) for member, name in login.items()}).encode()
    try:
        answer = ask(
            "POST", url, _HEADERS, body, AnswerLimits(SECONDS, MAX_BYTES, settings.private_urls)
        )
    except AddressRefused as error:
        raise HelpdeskRefused(f"HELPDESK_URL is not asked: {error}") from None
    except NoAnswer as error:
        raise HelpdeskUnavailable(f"the helpdesk did not answer: {error}") from None
    if answer.status != HTTPStatus.OK:
        raise _error(answer.status, "")
    return items(_document(answer.body))


def _needed(settings: Settings, name: str) -> str:
    try:
        value = secret(settings, name)
    except SecretUnavailable as error:
        raise HelpdeskUnavailable(f"{name.upper()} cannot be read: {error}") from None
    if not value:
        raise SettingInvalid(f"{name.upper()} is not set")
    return value


def items(document: Any) -> list[Any]:
    """The items in any of the shapes that helpdesks answer with:

    `[...]`, `{"data": [...]}`, `{"data": {"requests": [...]}}` and `{"requests": [...]}`. Raises an
    error when `response_code` is another than 200, as a number or a text.
    """
    if isinstance(document, dict):
        _check_code(document.get("response_code"))
        document = document.get("data", document)
    if isinstance(document, dict):
        document = document.get("requests")
    if not isinstance(document, list):
        raise HelpdeskInvalid("the helpdesk's answer holds no list of requests")
    return document


def _check_code(code: object) -> None:
    """Some helpdesks answer 200 to everything and state the result in the document."""
    if code is None or (type(code) is int and code == HTTPStatus.OK):
        return
    said = str(code).strip() if isinstance(code, int | str) else ""
    if not _CODE.fullmatch(said):
        raise HelpdeskInvalid("the helpdesk's response_code is no status")
    if int(said) != HTTPStatus.OK:
        raise _error(int(said), "response_code ")


def _error(status: int, where: str) -> DeskhandError:
    said = f"the helpdesk answered {where}{status}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _COME_BACK:
        return HelpdeskUnavailable(said)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        said += ": check HELPDESK_KEY and HELPDESK_SECRET"
    return HelpdeskRefused(said)


def _document(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise HelpdeskInvalid("the helpdesk's answer is not JSON in UTF-8") from None
