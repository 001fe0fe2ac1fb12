"""Erases a person from the database and the bucket, or counts what that would erase."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from deskhand.api import opaque_tokens
from deskhand.audits.keys import key_of
from deskhand.erasure.person import Person, person_of, with_accounts
from deskhand.logs import log
from deskhand.reports import bucket
from deskhand.store import (
    audits,
    classifiers,
    erased_files,
    erased_trails,
    erasure,
)
from deskhand.store.connection import Connection, own_connection
from deskhand.uuid7 import uuid7

_LAST = UUID(int=2**128 - 1)

type MayGoOn = Callable[[], bool]


class Unfinished(Exception):
    """The time is over; the rest waits for the next call."""


def erase(given: object, may_go_on: MayGoOn, *, dry_run: bool) -> dict[str, Any]:
    """The numbers of what was erased, or with `dry_run` of what would be.

    `done` is False when the time was over before the end: call it again. `mentioned` names tickets,
    articles and catalogs of others that contain an address of the person; they are left to people.
    Raises PersonInvalid, DatabaseUnavailable or BucketUnavailable; then, too, it may be called
    again.
    """
    person = person_of(given)
    with own_connection(wait_seconds=None) as conn:
        accounts = erasure.accounts_of(conn, person.names)
        whole = with_accounts(person, accounts)
        work = Erasure(conn, whole, [each["id"] for each in accounts], may_go_on)
        counts, done = (work.counts(), True) if dry_run else work.erase()
        mentioned = erasure.mentions(conn, whole.marks)
    log.info("erased", extra={"dry_run": dry_run, "done": done, **counts})
    return {"dry_run": dry_run, "done": done, "counts": counts, "mentioned": mentioned}


class Erasure:
    """One erasure of one person, who has these accounts."""

    def __init__(
        self, conn: Connection, person: Person, account_ids: list[UUID], may_go_on: MayGoOn
    ) -> None:
        self.conn = conn
        self.person = person
        self.marks = person.marks
        self.account_ids = account_ids
        self.may_go_on = may_go_on
        # Ties the audit rows of one call together.
        self.id = uuid7()

    def counts(self) -> dict[str, int]:
        """How many rows name the person; parts without rows are left out."""
        found = erasure.count(self.conn, self.marks)
        for trail in erased_trails.TRAILS:
            found[trail.table] = erasure.number_of(self.conn, trail.table, trail.named, self.marks)
        found["accounts"] = len(self.account_ids)
        found["reports"] = len(erased_files.reports_with(self.conn, self.marks))
        found["audited_files"] = len(erased_files.audits_with(self.conn, self.marks))
        found["exports"] = len(erased_files.exports(self.conn, all_of_them=found["tickets"] > 0))
        return {name: n for name, n in found.items() if n}

    def erase(self) -> tuple[dict[str, int], bool]:
        """How much was erased, and whether that is all; an audit row says the same."""
        counts, done = Counter[str](), True
        try:
            for name, n in self._erased():
                counts[name] += n
                if not self.may_go_on():
                    raise Unfinished
        except Unfinished:
            done = False
        finally:
            erased = {name: n for name, n in counts.items() if n}
            if erased:
                erasure.note(self.conn, self.id, erased)
        return erased, done

    def _erased(self) -> Iterator[tuple[str, int]]:
        """Each part as it is erased. The accounts come last: by them an interrupted erasure is
        found again."""
        erasure.shut(self.conn, self.account_ids)
        for ticket_id in self._own_tickets():
            erased = erasure.delete_ticket(self.conn, self.marks, ticket_id, str(self.id))
            yield "tickets", int(erased)
        yield "reports", self._clear_reports()
        for trail in erased_trails.TRAILS:
            for low in range(0, erased_trails.last_id(self.conn, trail) + 1, erased_trails.STEP):
                yield trail.table, trail.erase(self.conn, self.marks, low)
        for part in erasure.PARTS:
            with self.conn.transaction():
                n = erasure.erase(self.conn, part, self.marks)
                if n and part.name == "examples":
                    # It knows words of what it was trained with; the next one is trained without.
                    classifiers.forget(self.conn)
            yield part.name, n
        yield "exports", self._delete_exports()
        yield "audited_files", self._delete_audits()
        hashes = [opaque_tokens.hash_of(address) for address in self.person.addresses]
        yield "accounts", erasure.delete_accounts(self.conn, self.account_ids, hashes)

    def _own_tickets(self) -> Iterator[UUID]:
        """The person's tickets, newest first, and again from the start while some are left: a run
        had just taken one, or a new one came in."""
        while page := erasure.own_tickets(self.conn, self.marks, _LAST):
            while page:
                yield from page
                page = erasure.own_tickets(self.conn, self.marks, page[-1])

    def _clear_reports(self) -> int:
        found = erased_files.reports_with(self.conn, self.marks)
        for report in found:
            bucket.delete(report["object_key"])
            erased_files.clear_report(self.conn, report["id"])
        return len(found)

    def _delete_exports(self) -> int:
        found = erased_files.exports(self.conn)
        for export in found:
            if export["object_key"]:
                bucket.delete(export["object_key"])
            erased_files.delete_export(self.conn, export["id"])
        return len(found)

    def _delete_audits(self) -> int:
        found = erased_files.audits_with(self.conn, self.marks)
        for audit_id in found:
            bucket.delete(key_of(audit_id))
            audits.delete(self.conn, audit_id)
        return len(found)
