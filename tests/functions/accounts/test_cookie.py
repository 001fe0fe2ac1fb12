"""Sessions of pages in a browser: their refresh token is in a cookie that no script can read."""

from http.cookies import SimpleCookie

import pytest

from deskhand.store.connection import Connection
from tests.functions.accounts.people import EMAIL, PASSWORD, logged_in, person
from tests.functions.gateway import Answer, call

pytestmark = pytest.mark.usefixtures("keys")
CONSOLE = {"X-Deskhand-Console": "1", "Sec-Fetch-Site": "same-origin"}


def login() -> Answer:
    return call("POST", "/auth/login", {"email": EMAIL, "password": PASSWORD, "keep": "cookie"})


def cookie(answer: Answer) -> str:
    """What a browser sends after the answer."""
    [(name, morsel)] = SimpleCookie(answer.headers["Set-Cookie"]).items()
    return f"{name}={morsel.value}"


def post(path: str, sent: str, headers: dict[str, str] = CONSOLE) -> Answer:
    return call("POST", path, {"keep": "cookie"}, headers={"Cookie": sent, **headers})


def test_the_token_is_in_the_cookie_alone(conn: Connection) -> None:
    """F-K1"""
    person(conn)
    answer = login()
    assert answer.body["refresh_token"] is None
    assert "dhr_" not in answer.text
    set_cookie = answer.headers["Set-Cookie"]
    assert set_cookie.startswith("deskhand_refresh=dhr_")
    for part in ("HttpOnly", "Secure", "SameSite=Strict"):
        assert part in set_cookie
    # Without them the browser sends it to the folder of this address only, behind any stage.
    assert "Path" not in set_cookie and "Domain" not in set_cookie


def test_the_cookie_is_exchanged_for_the_next_one(conn: Connection) -> None:
    person(conn)
    first = cookie(login())
    answer = post("/auth/refresh", first)
    assert (answer.status, answer.body["refresh_token"]) == (200, None)
    second = cookie(answer)
    assert second != first
    assert post("/auth/refresh", second).status == 200


def test_a_link_s_token_becomes_a_cookie_once(conn: Connection) -> None:
    token = logged_in(conn)["refresh_token"]
    body = {"refresh_token": token, "keep": "cookie"}
    answer = call("POST", "/auth/refresh", body, headers={"User-Agent": "a browser"})
    assert answer.body["refresh_token"] is None and cookie(answer)
    again = call("POST", "/auth/refresh", body, headers={"User-Agent": "another"})
    assert again.status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Deskhand-Console": "1", "Sec-Fetch-Site": "cross-site"},
        {"X-Deskhand-Console": "1", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/logout"])
def test_another_site_cannot_use_the_cookie(
    conn: Connection, path: str, headers: dict[str, str]
) -> None:
    """F-K1"""
    person(conn)
    kept = cookie(login())
    assert post(path, kept, headers).status == 403
    assert post("/auth/refresh", kept).status == 200


def test_logging_out_removes_the_cookie(conn: Connection) -> None:
    person(conn)
    kept = cookie(login())
    answer = post("/auth/logout", kept)
    assert answer.status == 204
    assert answer.headers["Set-Cookie"].startswith("deskhand_refresh=; Max-Age=0;")
    assert post("/auth/refresh", kept).status == 401


@pytest.mark.parametrize("sent", ["", "other=1", "deskhand_refresh=", 'deskhand_refresh="', ";;="])
def test_without_a_token_there_is_no_session(conn: Connection, sent: str) -> None:
    assert post("/auth/refresh", sent).status == 401
