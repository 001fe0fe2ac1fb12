"""The version of this software: the only place in the code that states it.

A Lambda function holds the layers but not pyproject.toml, so the version is Python; a contract test
compares pyproject.toml and the newest release in CHANGELOG.md with it.
"""

VERSION = "0.1.0"
