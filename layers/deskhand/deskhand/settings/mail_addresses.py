"""Parses REPORT_RECIPIENTS and checks MAIL_FROM; an error names the part, not the address."""

import re
from email.utils import parseaddr

MAX_RECIPIENTS = 50
_MAX_CHARACTERS = 254
# The part before the @ in ASCII, since few servers take another; a domain may be international.
_ADDRESS = re.compile(r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[^\s@<>,;:\"()\[\]\\]+")


def is_address(text: str) -> bool:
    """Whether the text is a plain address, without a display name."""
    return len(text) <= _MAX_CHARACTERS and text.isprintable() and bool(_ADDRESS.fullmatch(text))


def parse(text: str) -> list[str]:
    """The addresses, each once; raises ValueError."""
    found = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if len(found) > MAX_RECIPIENTS:
        raise ValueError(f"at most {MAX_RECIPIENTS} addresses")
    for number, each in enumerate(found, 1):
        if not is_address(each):
            raise ValueError(f"number {number} is not an address like name@example.com")
    return found


def check_sender(text: str) -> None:
    """Raises ValueError unless the text is empty or an address, which may have a display name."""
    if text and (not text.isprintable() or not is_address(parseaddr(text)[1])):
        raise ValueError("not an address like name@example.com")
