"""Similarity of texts: by meaning (vectors) and by shared words."""
