"""Identities of callers: accounts, logins, invitations, service tokens, keys."""
