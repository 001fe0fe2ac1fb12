"""Audits show old tickets without their secrets."""

from deskhand.audits.export import OldTicket, first_rows, reference_of

OLD = OldTicket(1, "7", subject="PIN: 4711", body="a " * 145 + "password: Sommer2026!")


def test_findings_and_first_rows_hide_secrets() -> None:
    """F-E12: also of a text that is shortened in the middle of one."""
    assert reference_of(OLD)["subject"] == "PIN: \u2022\u2022\u2022\u2022"
    assert not any(secret in str(first_rows([OLD])) for secret in ("4711", "Sommer"))
