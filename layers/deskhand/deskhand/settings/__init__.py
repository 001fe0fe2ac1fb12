"""The configuration, read from the environment and validated once."""
