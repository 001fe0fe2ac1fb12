"""Entity tags are compared as RFC 9110 says."""

from http import HTTPStatus

import pytest

from deskhand.api.etag import etag, tags_of
from deskhand.api.problem import Problem


def test_without_a_header_there_is_no_condition() -> None:
    assert tags_of("If-Match", []) is None


@pytest.mark.parametrize(
    ("values", "strong", "weak"),
    [
        (['"3"'], True, True),
        (['W/"3"'], False, True),
        (["*"], True, True),
        ([' "1" ,, "3"'], True, True),
        (['"1"', 'W/"3"'], False, True),
        (['"1,3"'], False, False),
        (['"33"'], False, False),
        (['""'], False, False),
    ],
)
def test_a_weak_tag_never_matches_strongly(values: list[str], strong: bool, weak: bool) -> None:
    """F-A6"""
    tags = tags_of("If-Match", values)
    assert tags is not None
    assert (tags.match(3), tags.match_weakly(3)) == (strong, weak)
    assert etag(3) == '"3"'


@pytest.mark.parametrize("text", ["", "3", "W/3", 'w/"3"', '"3', '*, "3"', '"3" x', ","])
def test_what_is_no_tag_is_named(text: str) -> None:
    with pytest.raises(Problem) as raised:
        tags_of("If-Match", [text])
    assert raised.value.status == HTTPStatus.BAD_REQUEST
    assert raised.value.errors[0][0] == "If-Match"
