"""What Deskhand learns from tickets whose place in the catalog is known."""
