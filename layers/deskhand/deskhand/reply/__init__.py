"""The reply to a ticket: drafted from articles, reviewed against the policy."""
