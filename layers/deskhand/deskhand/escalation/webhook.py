"""Notices by webhook, signed as https://www.standardwebhooks.com describes."""

import base64
import binascii
import hashlib
import hmac
import time

from deskhand.escalation.notice import Notice, NotSent
from deskhand.safety.outbound import AddressRefused, AnswerLimits, NoAnswer, ask
from deskhand.settings.environment import SettingInvalid, Settings
from deskhand.settings.secrets_manager import SecretUnavailable, secret

SECONDS = 10.0
# Only the status of the response matters, so its size limit is small.
_ANSWER_BYTES = 65_536


def send(notice: Notice, settings: Settings) -> None:
    """Posts the notice; raises NotSent for anything but a 2xx answer."""
    body = notice.to_json().encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "deskhand",
        **({"X-Request-ID": notice.request_id} if notice.request_id else {}),
        **signature_headers(str(notice.id), int(time.time()), body, _secret(settings)),
    }
    limits = AnswerLimits(SECONDS, _ANSWER_BYTES, settings.private_urls)
    try:
        answer = ask("POST", notice.recipient, headers, body, limits)
    except (AddressRefused, NoAnswer) as error:
        raise NotSent(f"{type(error).__name__}: {error}") from None
    if not 200 <= answer.status < 300:
        raise NotSent(f"it answered {answer.status}")


def _secret(settings: Settings) -> str:
    try:
        return secret(settings, "webhook_secret")
    except (SecretUnavailable, SettingInvalid) as error:
        raise NotSent(f"WEBHOOK_SECRET cannot be read: {error}") from None


def signature_headers(message_id: str, timestamp: int, body: bytes, secret: str) -> dict[str, str]:
    """The three headers of a signed message; the id stays the same when it is sent again."""
    if not secret:
        raise NotSent("WEBHOOK_SECRET is not set")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise NotSent("WEBHOOK_SECRET is no base64") from None
    content = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }
