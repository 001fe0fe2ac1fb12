"""What a migration does that a function of the release before it would not survive.

New code is deployed before and while its migration runs, and may be rolled back after it. So a
migration only adds (expand); what nobody uses any more goes in a later release (contract).
"""

import re
from collections.abc import Iterator

# What breaks a function that runs already, with the way around it.
_BREAKS = {
    r"\bDROP\s+(TABLE|VIEW|FUNCTION|TYPE|SEQUENCE)\b": "drops what running functions may use",
    r"\bDROP\s+COLUMN\b": "drops a column that running functions may read",
    r"\bRENAME\b": "renames: add the new name, and drop the old one a release later",
    r"\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE\b": "rewrites a column: add a new one",
    r"\bALTER\s+(COLUMN\s+)?\w+\s+SET\s+NOT\s+NULL\b": "refuses rows that running functions write",
    r"\bALTER\s+(COLUMN\s+)?\w+\s+DROP\s+DEFAULT\b": "refuses rows that running functions write",
    r"\bADD\s+CONSTRAINT\b(?!.*\bNOT\s+VALID\b)": "reads all rows under a lock: add it NOT VALID",
    r"\bTRUNCATE\b|\bDELETE\s+FROM\s+\w+\s*$": "empties a table",
}
_ADDED = re.compile(r"\bADD\s+(?:COLUMN\s+)(\w+)\b([^,]*)", re.IGNORECASE | re.DOTALL)
# Says why nothing that runs can notice.
REASON = "-- contract:"


def breaches(sql: str) -> Iterator[str]:
    """The statements that break running functions, each with why; a reason before it allows it."""
    for statement in _statements(sql):
        if any(line.strip().startswith(REASON) for line in statement.splitlines()):
            continue
        text = re.sub(r"--[^\n]*", "", statement).strip()
        if re.match(r"CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|TABLE|VIEW)\b", text, re.IGNORECASE):
            continue
        whys = [why for pattern, why in _BREAKS.items() if re.search(pattern, text, _FLAGS)]
        for name, rest in _ADDED.findall(text):
            if re.search(r"NOT\s+NULL", rest, _FLAGS) and not re.search(
                r"\bDEFAULT\b|\bGENERATED\b", rest, _FLAGS
            ):
                whys.append(f"needs a DEFAULT for {name}: running functions do not give it")
        yield from (f"{' '.join(text.split())[:60]}: {why}" for why in whys)


_FLAGS = re.IGNORECASE | re.DOTALL


def _statements(sql: str) -> Iterator[str]:
    """The statements without the text of strings and of functions' bodies."""
    bare = re.sub(r"(\$\w*\$).*?\1|'(?:[^']|'')*'", "''", sql, flags=re.DOTALL)
    yield from bare.split(";")
