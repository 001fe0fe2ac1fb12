"""Instructions to a model that stand in a ticket: found, and set aside."""
