"""People and machines that may ask: accounts, logins, invitations, service tokens, keys."""
