"""Learning from tickets whose request type is known."""
