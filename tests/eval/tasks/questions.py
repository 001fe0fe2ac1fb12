"""From a customer's question to the page that answers it, by knowledge search."""

from collections.abc import Iterator

from tests.eval.figures import Figure
from tests.eval.sets import rows
from tests.eval.similar import hits, questions


def measure() -> Iterator[Figure]:
    """The page comes first, or among the first."""
    ranks = questions(rows("kb_aws_qa_docs"), rows("kb_aws_qa_queries"))
    yield Figure("hit@1", hits(ranks, 1))
    yield Figure("hit@5", hits(ranks, 5))
