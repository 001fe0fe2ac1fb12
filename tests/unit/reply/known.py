"""Evidence for drafts of these tests."""

from deskhand.knowledge.passages import Passage
from deskhand.ticket import TicketText

TICKET = TicketText("VPN disconnects", "It drops every five minutes at home. My name is Ann.")
PASSAGES = (
    Passage("vpn", 2, "The VPN", "Solution", "1. Quit the client.\n2. Sign in again.\n3. Restart."),
    Passage("vpn", 0, "The VPN", "Symptoms", "The tunnel drops every few minutes."),
    Passage("vpn", 1, "The VPN", "Check first", "- Is the client at least 5.2?"),
    Passage("mail", 0, "Mail", "Mail", "Mail is sent by 10.0.0.9. See https://mail.example/help."),
)
