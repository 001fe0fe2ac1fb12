"""What people do with a ticket: edit, correct, delete."""
