"""150 intents learnt from the set's training part, and requests that fit none of them."""

from collections.abc import Iterator

from tests.eval.classifying import asked, figures, known
from tests.eval.figures import Figure
from tests.eval.sets import rows

NOTHING = "oos"
BASELINES = {"distance threshold": 0.92, "BERT with threshold": 0.96, "Rasa": 0.92}
FOREIGN = {"distance threshold": 0.79, "BERT with threshold": 0.52, "Rasa": 0.45}


def measure() -> Iterator[Figure]:
    """Right and taken for one of ours; foreign and not taken for one of ours."""
    every = rows("cls_clinc150")
    past = known([row for row in every if row["part"] == "train"])
    # Nothing is learnt or tuned on either of the foreign parts, so both are asked about.
    new = known([row for row in every if row["part"] in ("val", "oos_train", "oos_val")])
    found = asked(past, new)
    ours = [pair for pair in found if pair[0] != NOTHING]
    foreign = [triage for label, triage in found if label == NOTHING]
    right = sum(label == t["category"] and t["fits"] for label, t in ours) / len(ours)
    yield Figure("in scope: right, and said to fit", right, 0.915, baselines=BASELINES)
    recall = sum(not triage["fits"] for triage in foreign) / len(foreign)
    yield Figure("out of scope: said not to fit", recall, 0.78, baselines=FOREIGN)
    yield from figures(ours, None, {})
