"""From a symptom to the section of the troubleshooting guide, by knowledge search."""

from collections.abc import Iterator

from tests.eval.figures import Figure
from tests.eval.sets import rows
from tests.eval.similar import hits, questions

BASELINES = {"BM25": 0.595, "words": 0.603, "vectors": 0.597, "cosines added": 0.667}


def measure() -> Iterator[Figure]:
    """The section comes first, or among the first."""
    ranks = questions(rows("kb_aws_trouble_docs"), rows("kb_aws_trouble_queries"))
    yield Figure("hit@1", hits(ranks, 1), 0.65, baselines=BASELINES)
    yield Figure("hit@5", hits(ranks, 5))
