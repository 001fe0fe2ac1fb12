"""Logging in, the next tokens, logging out: what works, what ends it, what is not told."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest
from argon2 import PasswordHasher

from deskhand.accounts import passwords, signing
from deskhand.accounts.api.logins import TRIES
from deskhand.store import sessions, throttle
from deskhand.store.connection import Connection, open_connection
from deskhand.store.sessions import Exchange
from embedded import tokens
from tests.environment import new_environment
from tests.functions.accounts.people import (
    EMAIL,
    PASSWORD,
    audited,
    hash_in_hex,
    logged_in,
    login,
    person,
    refresh,
    stored_texts,
)
from tests.functions.at_once import environments
from tests.functions.gateway import HOME, Answer, call

pytestmark = pytest.mark.usefixtures("keys")


def test_a_login_gives_tokens_that_the_api_takes(conn: Connection) -> None:
    """F-K1"""
    account = person(conn)
    answer = login()
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", 900)
    access = answer.body["access_token"]
    assert call("GET", "/tickets", bearer=access).body == {"tickets": [], "next_cursor": None}
    who = call("GET", "/auth/me", bearer=access).body
    assert (who["id"], who["role"], who["email"]) == (f"user:{account.id}", "customer", EMAIL)


def test_the_access_token_says_what_rfc_9068_asks_for(conn: Connection) -> None:
    access = logged_in(conn)["access_token"]
    header = jwt.get_unverified_header(access)
    assert (header["alg"], header["typ"], header["kid"]) == ("EdDSA", "at+jwt", "local")
    claims = jwt.decode(access, options={"verify_signature": False})
    assert claims.keys() == {"iss", "aud", "sub", "role", "iat", "exp", "jti"}
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert abs(claims["iat"] - time.time()) < 60


def test_no_token_is_stored(conn: Connection) -> None:
    """F-K6"""
    given = logged_in(conn)
    stored = stored_texts(conn)
    assert given["refresh_token"] not in stored and PASSWORD not in stored
    assert hash_in_hex(given["refresh_token"]) in stored


def test_every_spelling_of_an_address_is_the_same_account(conn: Connection) -> None:
    person(conn, "sam@xn--bcher-kva.example")
    for spelling in ("Sam@BÜCHER.example", " sam@bücher.example ", "SAM@xn--bcher-kva.example"):
        assert login(spelling).status == 200, spelling


def test_a_refused_login_does_not_say_why(conn: Connection) -> None:
    """F-K1: unknown address, wrong password and disabled account look alike."""
    person(conn)
    person(conn, "gone@example.com")
    conn.execute("UPDATE accounts SET disabled = true WHERE email = 'gone@example.com'")
    answers = [
        login(EMAIL, "wrong password"),
        login("nobody@example.com"),
        login("gone@example.com"),
    ]
    for answer in answers:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="deskhand"'
        answer.body.pop("request_id")
    assert answers[0].body == answers[1].body == answers[2].body


def test_the_same_work_is_done_whoever_it_is(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K1: one hash with the same parameters; `make bench ONLY=auth` compares the times."""
    person(conn)
    person(conn, "gone@example.com")
    conn.execute("UPDATE accounts SET disabled = true WHERE email = 'gone@example.com'")
    done: list[str] = []
    verify = passwords._HASHER.verify

    def counted(self: object, stored: str, password: str) -> bool:
        done.append(stored.rpartition("$")[0].rpartition("$")[0])
        return verify(stored, password)

    monkeypatch.setattr(type(passwords._HASHER), "verify", counted)
    for email, password in (
        (EMAIL, PASSWORD),
        (EMAIL, "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
    ):
        login(email, password)
    assert done == ["$argon2id$v=19$m=19456,t=2,p=1"] * 4


def test_an_old_hash_is_renewed_by_its_owner(conn: Connection) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1).hash(PASSWORD)
    person(conn)
    conn.execute("UPDATE accounts SET password_hash = %(weak)s", {"weak": weak})
    assert login().status == 200
    row = conn.execute("SELECT password_hash FROM accounts").fetchone()
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert login().status == 200


def test_ten_wrong_passwords_and_then_none_for_a_while(conn: Connection) -> None:
    """F-K4"""
    person(conn)
    person(conn, "kim@example.com")
    for _ in range(TRIES):
        assert login(password="wrong password").status == 401
    refused = login()
    assert refused.status == 429
    assert 590 <= int(refused.headers["Retry-After"]) <= 600
    # The owner, elsewhere, and everybody else are not locked out.
    assert login(address="203.0.113.9").status == 200
    assert login("kim@example.com").status == 200
    conn.execute("UPDATE login_tries SET window_from = now() - interval '601 seconds'")
    assert login().status == 200


def test_just_before_its_time_the_window_still_holds(conn: Connection) -> None:
    person(conn)
    for _ in range(TRIES):
        login(password="wrong password")
    conn.execute("UPDATE login_tries SET window_from = now() - interval '595 seconds'")
    refused = login()
    assert (refused.status, int(refused.headers["Retry-After"]) <= 6) == (429, True)


def test_the_right_password_forgets_the_wrong_ones(conn: Connection) -> None:
    person(conn)
    for _ in range(3):
        for _ in range(TRIES - 1):
            assert login(password="wrong password").status == 401
        assert login().status == 200


def test_an_unknown_address_is_slowed_down_too(conn: Connection) -> None:
    """F-K4: or the throttle would tell who has an account."""
    statuses = [login("nobody@example.com").status for _ in range(TRIES + 1)]
    assert statuses == [401] * TRIES + [429]


def test_one_ipv6_host_has_one_address(conn: Connection) -> None:
    """F-K4: it owns a whole /64."""
    for number in range(TRIES):
        assert login(EMAIL, "wrong password", f"2001:db8:1:2::{number:x}").status == 401
    assert login(EMAIL, "wrong password", "2001:db8:1:2:ffff::1").status == 429
    assert login(EMAIL, "wrong password", "2001:db8:1:3::1").status == 401


def test_many_at_once_get_no_more_tries(database: str) -> None:
    """F-K4"""

    def attempt(_: int) -> float:
        with open_connection(database) as conn:
            return throttle.count_try(conn, b"account", "address", TRIES, 600)

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(attempt, range(50)))
    assert sum(wait == 0 for wait in waits) == TRIES


def test_refresh_gives_new_tokens(conn: Connection) -> None:
    """F-K1"""
    first = logged_in(conn)
    second = refresh(first["refresh_token"])
    assert (second.status, second.headers["Cache-Control"]) == (200, "no-store")
    assert second.body["refresh_token"] != first["refresh_token"]
    assert 0 < second.body["refresh_expires_in"] <= first["refresh_expires_in"]
    assert call("GET", "/auth/me", bearer=second.body["access_token"]).status == 200
    assert refresh(second.body["refresh_token"]).status == 200


def test_a_refresh_token_shown_twice_ends_the_session(conn: Connection) -> None:
    """F-K1: one of the two is a thief, and nobody can tell which."""
    first = logged_in(conn)["refresh_token"]
    other = login().body["refresh_token"]
    second = refresh(first).body["refresh_token"]
    assert refresh(first, address="203.0.113.9").status == 401
    assert refresh(second).status == 401
    [noted] = audited(conn, "session.reused")
    assert noted["actor"].startswith("user:")
    # The other login of the same person goes on.
    assert refresh(other).status == 200


@pytest.mark.parametrize("elsewhere", [{"address": "203.0.113.9"}, {"agent": "curl"}])
def test_another_browser_gets_no_grace(conn: Connection, elsewhere: dict[str, str]) -> None:
    """F-K1: whichever of the two comes first."""
    for first, second in (({}, elsewhere), (elsewhere, {})):
        conn.execute("DELETE FROM accounts")
        given = logged_in(conn)["refresh_token"]
        newest = refresh(given, **first).body["refresh_token"]
        assert refresh(given, **second).status == 401
        assert refresh(newest, **first).status == 401
        assert len(audited(conn, "session.reused")) == 1
        conn.execute("DELETE FROM audit")


def test_the_same_browser_gets_the_same_token_again_for_a_moment(conn: Connection) -> None:
    """F-K1: a second tab, or an answer that was lost on the way."""
    first = logged_in(conn)["refresh_token"]
    answers = [refresh(first) for _ in range(3)]
    assert [each.status for each in answers] == [200] * 3
    assert len({each.body["refresh_token"] for each in answers}) == 1
    for each in answers:
        assert call("GET", "/auth/me", bearer=each.body["access_token"]).status == 200
    assert audited(conn, "session.reused") == []


def test_a_slow_tab_catches_up(conn: Connection) -> None:
    shown = first = logged_in(conn)["refresh_token"]
    for _ in range(3):
        shown = refresh(shown).body["refresh_token"]
    assert refresh(first).body["refresh_token"] == shown


def test_the_moment_ends(conn: Connection) -> None:
    """F-K1"""
    first = logged_in(conn)["refresh_token"]
    newest = refresh(first).body["refresh_token"]
    conn.execute("UPDATE refresh_tokens SET used_at = used_at - interval '29 seconds'")
    assert refresh(first).body["refresh_token"] == newest
    conn.execute("UPDATE refresh_tokens SET used_at = used_at - interval '1 second'")
    assert (refresh(first).status, refresh(newest).status) == (401, 401)


def test_who_was_locked_or_has_logged_out_gets_no_grace(conn: Connection) -> None:
    for end in ("UPDATE accounts SET disabled = true", "UPDATE sessions SET ended_at = now(),"
                " ended_by = 'logout'"):  # fmt: skip
        conn.execute("DELETE FROM accounts")
        first = logged_in(conn)["refresh_token"]
        assert refresh(first).status == 200
        conn.execute(end.encode())
        assert refresh(first).status == 401


def test_what_the_next_token_is_made_of_is_forgotten(conn: Connection) -> None:
    """F-K6: with an old token and a copy of the database nobody makes the newest one."""
    shown = logged_in(conn)["refresh_token"]
    for _ in range(4):
        shown = refresh(shown).body["refresh_token"]
        conn.execute("UPDATE refresh_tokens SET used_at = used_at - interval '1 minute'")
    kept = conn.execute("SELECT used_by FROM refresh_tokens WHERE salt IS NOT NULL").fetchall()
    assert len(kept) == 1


def test_tabs_that_refresh_at_once_stay_logged_in(conn: Connection, keys: Path) -> None:
    """F-K1: in four processes, round after round; then one of them is a thief."""
    shown = logged_in(conn)["refresh_token"]
    with environments(4, keys) as ask_at_once:

        def refreshed(*addresses: str) -> list[Answer]:
            body, agent = {"refresh_token": shown}, {"User-Agent": "browser"}
            return ask_at_once(
                [
                    ("POST", "/auth/refresh", body, {"address": each, "headers": agent})
                    for each in addresses
                ]
            )

        for _ in range(10):
            answers = refreshed(*[HOME] * 4)
            assert [each.status for each in answers] == [200] * 4
            [shown] = {each.body["refresh_token"] for each in answers}
        statuses = {each.status for each in refreshed(HOME, HOME, HOME, "203.0.113.9")}
    assert 401 in statuses
    assert refresh(shown).status == 401
    row = conn.execute("SELECT ended_by FROM sessions").fetchone()
    assert row == {"ended_by": "reuse"}


def test_of_two_at_once_at_most_one_is_served(database: str, conn: Connection) -> None:
    account = person(conn)
    sessions.begin(conn, account.id, account.id, b"0" * 32, 30)

    def attempt(number: int) -> bool:
        with open_connection(database) as own, own.transaction():
            made = Exchange(b"0" * 32, bytes([number]) * 32, b"s" * 32, b"b" * 32)
            return sessions.rotate(own, made) is not None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(1, 17))) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sessions SET expires_at = now() - interval '1 second'",
        "UPDATE sessions SET ended_at = now(), ended_by = 'logout'",
        "UPDATE accounts SET disabled = true",
        "DELETE FROM accounts",
    ],
)
def test_a_session_that_is_over_gives_nothing(conn: Connection, change: str) -> None:
    given = logged_in(conn)
    conn.execute(change.encode())
    assert refresh(given["refresh_token"]).status == 401


def test_logout_ends_the_session(conn: Connection) -> None:
    given = logged_in(conn)
    for token in (given["refresh_token"], given["refresh_token"], "dhr_unknown"):
        assert call("POST", "/auth/logout", {"refresh_token": token}).status == 204
    assert refresh(given["refresh_token"]).status == 401


def test_a_changed_role_holds_from_the_next_tokens_on(conn: Connection) -> None:
    given = logged_in(conn)
    conn.execute("UPDATE accounts SET role = 'admin'")
    access = refresh(given["refresh_token"]).body["access_token"]
    assert call("GET", "/auth/me", bearer=access).body["role"] == "admin"


def test_without_a_deployed_key_nobody_gets_tokens_and_nothing_is_lost(
    conn: Connection, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = logged_in(conn)
    monkeypatch.setenv("TOKEN_KEYS", "")
    new_environment()
    for answer in (login(), refresh(given["refresh_token"])):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    monkeypatch.setenv("TOKEN_KEYS", tokens.public_keys(keys))
    new_environment()
    assert refresh(given["refresh_token"]).status == 200


def test_the_public_keys_are_there_for_everybody(keys: Path) -> None:
    """F-K1"""
    answer = call("GET", "/.well-known/jwks.json")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=300")
    [key] = answer.body["keys"]
    assert key["kid"] == "local" and "d" not in key
    assert signing.public_keys() == tokens.public_keys(keys)
