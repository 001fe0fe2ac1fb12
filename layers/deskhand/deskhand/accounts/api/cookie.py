"""The refresh token in a cookie, for pages in a browser: no script can read it.

The cookie has neither Path nor Domain: the browser then sends it only to the folder of the address
that set it, which is `.../auth`, behind every stage and every custom domain.
"""

from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie

from deskhand.accounts.requests import RefreshToken
from deskhand.api import bearer
from deskhand.api.problem import Problem
from deskhand.api.router import Api

NAME = "deskhand_refresh"
# Another site can make a browser send the cookie, but not this header.
HEADER = "X-Deskhand-Console"
_SAFE = "HttpOnly; Secure; SameSite=Strict"


def setting_of(token: str, seconds: int) -> str:
    """The value of Set-Cookie that keeps the token for so many seconds."""
    return f"{NAME}={token}; Max-Age={seconds}; {_SAFE}"


def removal() -> str:
    """The value of Set-Cookie that removes the token from the browser."""
    return f"{NAME}=; Max-Age=0; {_SAFE}"


def shown_token(api: Api, sent: RefreshToken) -> str:
    """The refresh token in the body, otherwise the one in the cookie.

    Raises a 403 Problem when another site may have sent the cookie, a 401 Problem without a token.
    """
    if sent.refresh_token is not None:
        return sent.refresh_token
    token = _token_of(api.header_values("Cookie"))
    if token is None:
        raise bearer.unauthorized_problem("send refresh_token, or the cookie that holds it")
    site = api.header_values("Sec-Fetch-Site")
    if api.header_values(HEADER) != ["1"] or site not in ([], ["same-origin"]):
        detail = f"with the cookie, send {HEADER}: 1 from a page of the same origin"
        raise Problem(HTTPStatus.FORBIDDEN, detail)
    return token


def _token_of(headers: list[str]) -> str | None:
    try:
        found = SimpleCookie("; ".join(headers)).get(NAME)
    except CookieError:
        return None
    return found.value if found and found.value else None
