"""Groups of an IT helpdesk with a little history, and with none."""

from collections.abc import Iterator

from tests.eval.classifying import accuracy, answers, asked, known
from tests.eval.desk import desk
from tests.eval.figures import Figure
from tests.eval.sets import held_out, rows

# What the mean of words and nearest tickets reached with as many.
FEW = {100: 0.630, 300: 0.697, 1000: 0.786}


def measure() -> Iterator[Figure]:
    """The accuracy on the same tickets as with the whole history."""
    past, new = held_out(rows("cls_it_tickets"), 0.1)
    for count, blend in FEW.items():
        few = accuracy(asked(known(past[:count]), known(new)))
        yield Figure(f"{count} past tickets", few, baselines={"mean of both": blend})
    with desk() as one:
        one.load({row["label"] for row in past})
        alone = accuracy(answers(one, known(new)))
    yield Figure("names alone", alone, baselines={"names": 0.315})
