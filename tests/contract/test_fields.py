"""A field of a ticket has all its parts: a column, an edit, an answer, and a value for tests."""

from collections.abc import Iterator, Set

from deskhand.api.caller import Caller
from deskhand.intake.submission import IncidentSubmission
from deskhand.reference.answers import StoredTicket, TicketInPage
from deskhand.store import ticket_lists, tickets
from deskhand.store.connection import Connection
from deskhand.store.ticket_filter import Filter
from deskhand.tickets.edit import Condition, Edit, edit_ticket
from tests import arrange

EDITED = Edit.model_fields.keys() - {"version"}
# What nobody changes after it was sent.
SENT_ONCE = {"customer_id", "channel"}
# What is found in the stored texts whenever a ticket is read.
FOUND = {"secrets"}
BOTH = arrange.COLUMNS.keys() & EDITED


def missing(sent: Set[str], stored: Set[str], listed: Set[str]) -> Iterator[str]:
    """What is missing, a sentence each; `stored` and `listed` are what the database answers."""
    for name in sorted((sent | EDITED) - stored):
        yield f"tickets.{name} is no column: add it in a migration (deskhand/store/migrations)"
    for name in sorted(sent - EDITED - SENT_ONCE):
        yield f"{name} cannot be edited: add it to Change in deskhand/tickets/edit.py"
    answered = StoredTicket.model_fields.keys()
    for name in sorted(stored - answered):
        yield f"tickets.{name} is not in the answer: add it to deskhand/reference/answers.py"
    for name in sorted(answered - stored - FOUND):
        yield f"{name} of StoredTicket is not read: add it in a migration, or to `get` in {_READ}"
    for name in sorted(TicketInPage.model_fields.keys() - listed):
        yield f"{name} of ListedTicket is not in lists: add it to `page` in {_READ}"
    for name in sorted((sent | EDITED) - arrange.OTHERS.keys()):
        yield f"{name} has no value for tests: add it to OTHERS in tests/arrange.py"


_READ = "deskhand/store/tickets.py"


def test_every_field_has_all_its_parts(conn: Connection) -> None:
    ticket_id, _ = arrange.accepted(conn)
    stored = tickets.get(conn, ticket_id) or {}
    [listed] = ticket_lists.page(conn, Filter(), None, 1)
    assert list(missing(arrange.COLUMNS.keys(), stored.keys(), listed.keys())) == []


def test_tickets_and_incidents_fill_the_same_columns() -> None:
    assert IncidentSubmission(description="VPN is down").columns().keys() == arrange.COLUMNS.keys()


def test_what_is_missing_is_said_in_a_sentence() -> None:
    stored = StoredTicket.model_fields.keys()
    listed = TicketInPage.model_fields.keys()
    only_sent = list(missing({"floor"}, stored, listed))
    assert [sentence.split(":")[0] for sentence in only_sent] == [
        "tickets.floor is no column",
        "floor cannot be edited",
        "floor has no value for tests",
    ]
    [only_stored] = missing(set(), stored | {"floor"}, listed)
    said = "tickets.floor is not in the answer: add it to deskhand/reference/answers.py"
    assert only_stored == said


def test_what_was_sent_can_be_edited_and_the_trail_shows_it(conn: Connection) -> None:
    ticket_id, _ = arrange.accepted(conn)
    wanted = {name: arrange.OTHERS[name] for name in sorted(BOTH)}
    after = edit_ticket(conn, ticket_id, Caller("user:ann", "agent"), Edit(**wanted), Condition())
    assert {name: after[name] for name in wanted} == wanted
    [edited] = [e for e in tickets.events(conn, ticket_id) if e["kind"] == "ticket.updated"]
    assert edited["data"]["changes"] == {
        name: {"old": arrange.COLUMNS[name], "new": new} for name, new in wanted.items()
    }
