"""E-mail addresses as they are stored and compared."""

from email_validator import EmailNotValidError, validate_email
from pydantic_core import PydanticCustomError

LONGEST = 254


def normalise(text: str) -> str:
    """The address in lower case, its domain in ASCII; raises for an invalid one."""
    try:
        # Host names without a dot are valid too: nothing is sent there, and a company's domain may
        # be local.
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise PydanticCustomError("email", "must be an e-mail address") from None
    address = f"{found.local_part}@{found.ascii_domain}".lower()
    if len(address) > LONGEST:
        raise PydanticCustomError("email", f"must not have more than {LONGEST} characters")
    return address
