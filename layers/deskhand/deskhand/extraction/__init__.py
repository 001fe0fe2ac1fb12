"""What a ticket speaks of, with the words that say so."""
