"""How alike two texts are: by meaning (vectors) and by the words they share."""
