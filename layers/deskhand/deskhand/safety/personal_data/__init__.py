"""Personal data: found and masked before a model reads a text."""
