"""Sample files as they are loaded, and what is said about those that cannot be."""

from pathlib import Path

import pytest

from embedded import samples, tickets
from embedded.errors import EmbeddedError


def test_every_sample_can_be_read() -> None:
    slugs = [samples.article(path)["slug"] for path in samples.files()[1:]]
    assert len(slugs) == len(set(slugs)) >= 10
    assert len(tickets.read(samples.TICKETS)) >= 25


def test_an_article_is_its_heading_and_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "reset-vpn.md"
    path.write_text("# Reset the VPN\n\nTurn it off.\n\nAnd on.\n")
    assert samples.article(path) == {
        "slug": "reset-vpn",
        "title": "Reset the VPN",
        "body": "Turn it off.\n\nAnd on.",
    }


def test_an_article_without_a_heading_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("Turn it off.\n")
    with pytest.raises(EmbeddedError, match=r"a\.md:1: the first line must be a heading"):
        samples.article(path)
