"""Evidence for drafts of these tests."""

from deskhand.knowledge.quotes import Passage
from deskhand.knowledge.reader import read
from deskhand.knowledge.sections import parts_of
from deskhand.ticket import TicketText

TICKET = TicketText("VPN disconnects", "It drops every five minutes at home. My name is Ann.")


def passages(slug: str, title: str, markdown: str) -> list[Passage]:
    """The passages of a page, as they would be stored."""
    parts = parts_of(title, read(markdown).blocks)
    return [
        Passage(slug, n, title, each.heading, each.body, each.quotes)
        for n, each in enumerate(parts)
    ]


def passage(slug: str, number: int, title: str, section: str, markdown: str) -> Passage:
    """One passage of a page."""
    [part] = parts_of(section, read(markdown).blocks)
    return Passage(slug, number, title, section, part.body, part.quotes)


PASSAGES = (
    passage("vpn", 2, "The VPN", "Solution", "1. Quit the client.\n2. Sign in again.\n3. Restart."),
    passage("vpn", 0, "The VPN", "Symptoms", "The tunnel drops every few minutes."),
    passage("vpn", 1, "The VPN", "Check first", "- Is the client at least 5.2?"),
    passage("mail", 0, "Mail", "Mail", "Mail is sent by 10.0.0.9. See https://mail.example/help."),
)
