"""Secrets in what people write: found by format and by the words that announce them."""

import pytest

from deskhand.safety.secrets.finding import find_secrets
from deskhand.safety.secrets.hiding import hide, hide_in, places

# Made of parts, so that no scanner takes this file for a leak.
_LONG = "abcDEF0123456789" * 4
SECRETS = [
    ("password Sommer2026!", "Sommer2026!", "password"),
    ("my password is hunter2x.", "hunter2x", "password"),
    ("Password: 123456", "123456", "password"),
    ("Passwort: geheim", "geheim", "password"),
    ("Ihr Kennwort lautet Sommer2026", "Sommer2026", "password"),
    ("mot de passe : Ete2024!", "Ete2024!", "password"),
    ("contraseña: Verano2024", "Verano2024", "password"),
    ("wachtwoord = Zomer2024", "Zomer2024", "password"),
    ("hasło: Zima2024", "Zima2024", "password"),
    ("пароль: Qwerty123", "Qwerty123", "password"),
    ("密码是abc12345，谢谢", "abc12345", "password"),
    ("パスワードは Abc12345 です", "Abc12345", "password"),
    ("비밀번호: qwer1234", "qwer1234", "password"),
    ("the PIN is 4711", "4711", "password"),
    ("the override code of every badge printer is 8841-KILO", "8841-KILO", "password"),
    ("ｐａｓｓｗｏｒｄ： Ｓｏｍｍｅｒ２０２６", "Ｓｏｍｍｅｒ２０２６", "password"),
    ("pass\u200bword: Sommer\u200b2026", "Sommer\u200b2026", "password"),
    ("curl -u bob:hunter22 https://a.example", "hunter22", "password"),
    ("sshpass -p Winter99 ssh host", "Winter99", "password"),
    ("key ghp_" + _LONG[:36], "ghp_" + _LONG[:36], "token"),
    ("AKIA" + "ABCDEFGH12345678", "AKIA" + "ABCDEFGH12345678", "token"),
    ("glpat-" + _LONG[:20], "glpat-" + _LONG[:20], "token"),
    ("xoxb-" + "1234567890-abcdef", "xoxb-" + "1234567890-abcdef", "token"),
    ("sk_live_" + _LONG[:24], "sk_live_" + _LONG[:24], "token"),
    ("AIza" + _LONG[:35], "AIza" + _LONG[:35], "token"),
    ("Authorization: Bearer eyJhbGciOi.eyJzdWIiOi", "eyJhbGciOi.eyJzdWIiOi", "token"),
    ("eyJhbGciOiJI.eyJzdWIiOiIx.sig-x", "eyJhbGciOiJI.eyJzdWIiOiIx.sig-x", "token"),
    ('api_key: "a1b2c3d4e5f6"', "a1b2c3d4e5f6", "token"),
    ("client_secret=abcDEF123456", "abcDEF123456", "token"),
    ("postgres://app:s3cr3t@db/prod", "s3cr3t", "connection string"),
    ("redis://:s3cr3t@cache:6379/0", "s3cr3t", "connection string"),
    ("Server=x;User=sa;Pwd=Abc!23;", "Abc!23", "connection string"),
    ("AccountKey=" + _LONG + "==;", _LONG + "==", "connection string"),
]
_KEY = "-----BEGIN {0}PRIVATE KEY-----\nMIIB\n-----END {0}PRIVATE KEY-----"
HONEST = [
    "I forgot my password and need it reset.",
    "password expired yesterday",
    "Password: expired",
    "Passwort: abgelaufen",
    "my password is not working",
    "Das Passwort ist falsch",
    "The password policy needs 12 characters",
    "the token expired at 10:30",
    "PIN pad 3 is broken",
    "Error code: 500",
    "PASSWORD=${DB_PASSWORD}",
    "password = os.environ['X']",
    "def login(user: str, password: str) -> None:",
    "if password is None:",
    "password: <your password>",
    "password=********",
    "please reset the password by 2026-12-01",
    "Passwort seit 2024 unverändert",
    "https://a.example:8080/x@y",
    "git@github.com:org/repo.git",
    "mailto:ann@b.example",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "session 550e8400-e29b-41d4-a716-446655440000",
    "sha256:" + "ab" * 32,
    "2026-11-30T12:00:00Z INFO [main] auth.token refreshed in 35 ms",
    "at com.example.PasswordService.reset(PasswordService.java:42)",
    "key: value",
    "pass: 12/15 tests",
    "The secret of success",
    "token: string",
    "access key is missing",
    "monkey: brown, donkey=grey",
    "ticket INC-123456 for order 4711-22",
    "<password>",
    "Password reset link sent to ann@b.example",
]


@pytest.mark.parametrize(("text", "secret", "kind"), SECRETS)
@pytest.mark.parametrize("around", ["{}", "Hello,\n\n{}\n\nBest, Ann", "> {}\r\nok"])
def test_a_secret_is_found_and_hidden(text: str, secret: str, kind: str, around: str) -> None:
    """F-E12"""
    written = around.format(text)
    [found] = find_secrets(written)
    assert (written[found.start : found.end], found.kind) == (secret, kind)
    hidden = hide(written)
    assert hidden == written.replace(secret, "\u2022" * len(secret))
    assert hide(hidden) == hidden


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
def test_a_private_key_is_hidden_as_a_whole(kind: str) -> None:
    text = f"see {_KEY.format(kind)} ok"
    assert [each.kind for each in find_secrets(text)] == ["private key"]
    assert hide(text).replace("\u2022", "") == "see \n\n ok"
    cut = f"-----BEGIN {kind}PRIVATE KEY-----\nMIIB"
    assert "MIIB" not in hide(cut)


@pytest.mark.parametrize("text", HONEST)
def test_what_is_no_secret_stays(text: str) -> None:
    """F-E12: neither code nor logs nor talk about passwords."""
    assert find_secrets(text) == []


def test_secrets_are_hidden_wherever_a_row_has_them() -> None:
    inside = {
        "note": ["pwd=Abc!23"],
        "password": "hunter22",
        "api_key": "a1b2c3d4",
        "token": "none",
    }
    row = {"subject": "PIN: 4711", "body": "x", "metadata": inside, "n": 1}
    shown = {"note": ["pwd=" + "\u2022" * 6], "password": "\u2022" * 8, "api_key": "\u2022" * 8}
    assert hide_in(row) == {
        "subject": "PIN: \u2022\u2022\u2022\u2022", "body": "x", "n": 1,
        "metadata": {**shown, "token": "none"},
    }  # fmt: skip
    assert places(row) == [{"kind": "password", "field": "subject", "start": 5, "end": 9}]
