"""What a ticket is: its place in the catalog, its priority, its entities."""
