"""Mail: addresses, and the conversation with the mail server."""
