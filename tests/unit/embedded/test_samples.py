"""Sample files as they are loaded."""

from embedded import samples, tickets
from embedded.articles import article


def test_every_sample_can_be_read() -> None:
    slugs = [article(samples.ARTICLES, path)["slug"] for path in samples.files()[1:]]
    assert len(slugs) == len(set(slugs)) >= 10
    assert len(tickets.read(samples.TICKETS)) >= 25
