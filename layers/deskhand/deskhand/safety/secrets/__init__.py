"""Passwords, keys, tokens and connection strings in what people write: found, and hidden."""
