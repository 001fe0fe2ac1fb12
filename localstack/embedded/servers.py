"""The mail server and the helpdesk of the functions: the user's, or those of this instance."""

import os

from deskhand.settings.environment import SettingInvalid, Settings
from embedded import ports
from embedded.errors import EmbeddedError
from embedded.helpdesk import KEY, SECRET
from embedded.instance import Instance
from embedded.mail_catcher import RECIPIENTS, SENDER

_REPORT = ("REPORT_RECIPIENTS", "REPORT_CODE_URL")
_MAIL = ("SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY", "SMTP_USER", "SMTP_PASSWORD", "MAIL_FROM")
_HELPDESK = ("HELPDESK_URL", "HELPDESK_KEY", "HELPDESK_SECRET", "PRIVATE_URLS")
_BATCHES = ("ATTRIBUTION_BATCH_SIZE", "ATTRIBUTION_DELAY_SECONDS", "ATTRIBUTION_SCHEDULE")
# What a setting is of no use without.
_NEEDS = {
    "HELPDESK_URL": ("HELPDESK_KEY", "HELPDESK_SECRET"),
    "SMTP_HOST": ("MAIL_FROM",),
    "SMTP_USER": ("SMTP_PASSWORD",),
}


def check_environment() -> None:
    """Raise EmbeddedError that names each variable that is wrong, or missing beside another one."""
    given = _given(*_REPORT, *_MAIL, *_HELPDESK, *_BATCHES)
    try:
        Settings.read(given)
    except SettingInvalid as error:
        raise EmbeddedError(str(error)) from None
    missing = [
        f"{needed} is not set, but {name} is"
        for name, needs in _NEEDS.items()
        for needed in needs
        if given[name] and not given[needed]
    ]
    if missing:
        raise EmbeddedError("; ".join(missing))


def mail(instance: Instance) -> dict[str, str]:
    """Return the mail settings: the user's server if SMTP_HOST names one, else the mail catcher."""
    given = _given(*_REPORT)
    if os.environ.get("SMTP_HOST"):
        given |= _given(*_MAIL)
    else:
        given |= {
            "SMTP_HOST": ports.LOOPBACK,
            "SMTP_PORT": str(instance.mail_catcher.port),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": SENDER,
        }
        given["REPORT_RECIPIENTS"] = given["REPORT_RECIPIENTS"] or RECIPIENTS
    return _as_parameters(given)


def helpdesk(instance: Instance) -> dict[str, str]:
    """Return the settings of attribution: the user's helpdesk if HELPDESK_URL names one, else the
    sample one, which has a private address.
    """
    given = {"HELPDESK_URL": instance.helpdesk.url, "HELPDESK_KEY": KEY, "HELPDESK_SECRET": SECRET}
    given["PRIVATE_URLS"] = "true"
    if os.environ.get("HELPDESK_URL"):
        given = _given(*_HELPDESK)
    return _as_parameters(given | _given(*_BATCHES))


def _given(*names: str) -> dict[str, str]:
    """Return the variables of the environment; those that are not set are empty."""
    return {name: os.environ.get(name, "") for name in names}


def _as_parameters(given: dict[str, str]) -> dict[str, str]:
    """Return the variables that have a value, by the names of their parameters."""
    named = {"".join(part.capitalize() for part in name.split("_")): v for name, v in given.items()}
    return {name: value for name, value in named.items() if value}
