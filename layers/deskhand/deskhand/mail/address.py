"""Addresses as mail servers take them: ASCII, with international domains encoded."""

from email.utils import parseaddr


class AddressInvalid(ValueError):
    """The address cannot be used; the message says why, without the address."""


def plain(text: str) -> str:
    """The address in `text`, which may have a display name, in ASCII; raises AddressInvalid."""
    local, at, domain = parseaddr(text)[1].rpartition("@")
    if not (local and at and domain):
        raise AddressInvalid("it is not an address")
    if not local.isascii():
        raise AddressInvalid("its part before the @ is not ASCII, which few servers accept")
    return f"{local}@{_encoded(domain)}"


def domain_of(sender: str) -> str:
    """The domain of an address, in ASCII."""
    return plain(sender).rpartition("@")[2]


def _encoded(domain: str) -> str:
    if domain.isascii():
        return domain
    # Few domains need its tables.
    import idna

    try:
        # As browsers do it: upper case and full-width characters are folded first.
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise AddressInvalid("its domain is not valid") from None
