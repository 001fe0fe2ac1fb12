"""Embedding models: the built-in one and the remote ones."""
