"""How a batch is asked about: split after a bad answer, asked once more about what is missing."""

from collections.abc import Callable, Sequence

import pytest

from deskhand.attribution.ask import MAX_CALLS, Answers, ask_about
from deskhand.attribution.question import BatchAnswer, Item, QuestionItem
from deskhand.attribution.request import HelpdeskRequest, read
from deskhand.errors import ModelOutputInvalid, ModelUnavailable
from deskhand.models.base import Completion
from deskhand.safety.injection.detection import Suspicion
from deskhand.ticket import TicketText

type Rule = Callable[[Sequence[QuestionItem]], list[str]]


def asked(count: int) -> list[QuestionItem]:
    requests: list[HelpdeskRequest] = read([{"id": n} for n in range(count)]).requests
    return [QuestionItem("", each, Suspicion((), TicketText("", "")), ()) for each in requests]


class Model:
    """Answers about the keys that its rule names."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.sizes: list[int] = []
        self.last: list[bool] = []

    def __call__(self, wanted: Sequence[QuestionItem], last: bool) -> Completion[BatchAnswer]:
        self.sizes.append(len(wanted))
        self.last.append(last)
        assert [each.key for each in wanted] == [f"r{n + 1}" for n in range(len(wanted))]
        items = [
            Item(id=key, category="c", request_type="t", confidence=1, evidence=[])
            for key in self.rule(wanted)
        ]
        return Completion(BatchAnswer(items=items), "openai", "m", "v", 1, 1, 1, "")


def keys(wanted: Sequence[QuestionItem]) -> list[str]:
    return [each.key for each in wanted]


def bad(_: Sequence[QuestionItem]) -> list[str]:
    raise ModelOutputInvalid


def test_a_good_answer_is_one_call() -> None:
    model, answers = Model(keys), Answers()
    ask_about(asked(30), model, answers)
    assert (model.sizes, len(answers.found), answers.splits) == ([30], 30, 0)


def test_bad_answers_take_seven_calls() -> None:
    model, answers = Model(bad), Answers()
    ask_about(asked(30), model, answers)
    assert model.sizes == [30, 15, 8, 7, 15, 8, 7]
    assert model.last == [False, False, True, True, False, True, True]
    assert (answers.calls, answers.splits, answers.found) == (MAX_CALLS, 6, {})
    assert answers.unusable == set(range(30))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_small_batches_are_split_as_far_as_they_go(count: int) -> None:
    model, answers = Model(bad), Answers()
    ask_about(asked(count), model, answers)
    assert answers.calls <= MAX_CALLS
    assert answers.unusable == set(range(count))


def test_the_good_half_counts() -> None:
    def rule(wanted: Sequence[QuestionItem]) -> list[str]:
        return bad(wanted) if any(e.request.position == 0 for e in wanted) else keys(wanted)

    model, answers = Model(rule), Answers()
    ask_about(asked(30), model, answers)
    assert answers.unusable == set(range(8))
    assert set(answers.found) == set(range(8, 30))
    assert answers.calls == 5


def test_what_is_missing_is_asked_about_once_more() -> None:
    model, answers = Model(lambda wanted: keys(wanted)[1:]), Answers()
    ask_about(asked(30), model, answers)
    assert model.sizes == [30, 1]
    assert set(answers.found) == set(range(1, 30))
    assert answers.unusable == set()


def test_errors_of_transport_are_raised_and_split_nothing() -> None:
    def away(_: Sequence[QuestionItem]) -> list[str]:
        raise ModelUnavailable

    model = Model(away)
    with pytest.raises(ModelUnavailable):
        ask_about(asked(30), model, Answers())
    assert model.sizes == [30]


def test_no_request_is_no_call() -> None:
    model = Model(keys)
    ask_about([], model, Answers())
    assert model.sizes == []
