"""The configuration, read from the environment and checked once."""
