"""Reply drafts: what can be said from evidence, each claim with its source."""
