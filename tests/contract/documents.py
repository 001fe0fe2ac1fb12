"""The Markdown documents of this repository: their links and their anchors."""

import re
from pathlib import Path

ROOT = ("README", "DECISIONS", "CHANGELOG", "CONTRIBUTING", "SECURITY", "CONFIGURATION")
DOCUMENTS = [*(Path(f"{name}.md") for name in ROOT), *sorted(Path("docs").rglob("*.md"))]

_FENCED = re.compile(r"(?ms)^```.*?^```")
_LINK = re.compile(r"\[[^\]\[]*\]\(([^)\s]+)\)")


def links(document: Path) -> list[str]:
    """The targets of all links to other places of this repository."""
    found = _LINK.findall(_FENCED.sub("", document.read_text()))
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(document: Path) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"(?m)^#+ (.*)$", _FENCED.sub("", document.read_text()))
    return {_anchor(heading) for heading in headings}


def _anchor(heading: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
