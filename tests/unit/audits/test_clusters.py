"""Clusters of duplicates: a star around the oldest, never a chain."""

from datetime import UTC, datetime, timedelta

import numpy as np

from deskhand.audits import clusters as module
from deskhand.audits.clusters import clusters, leaders_of
from deskhand.audits.export import OldTicket
from deskhand.learning.vocabulary import Floats


def angles(*degrees: float) -> Floats:
    """Unit vectors in a plane."""
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def always(_number: int, _leader: int) -> bool:
    """Texts that agree."""
    return True


def test_a_chain_is_not_one_cluster() -> None:
    """F-J7: each is near the next, the last is far from the first."""
    followed = leaders_of(angles(0, 10, 20, 30, 40), 0.95, always)
    assert {member: leader for member, (leader, _) in followed.items()} == {1: 0, 3: 2}


def test_leaders_are_found_across_blocks_and_inside_them() -> None:
    vectors = angles(*(90.0 * (n % 4) for n in range(1_100)))
    followed = leaders_of(vectors, 0.9, always)
    assert len(followed) == 1_096
    assert {leader for leader, _ in followed.values()} == {0, 1, 2, 3}
    assert all(member % 4 == leader for member, (leader, _) in followed.items())


def test_texts_that_disagree_stay_apart() -> None:
    assert leaders_of(angles(0, 0), 0.9, lambda _number, _leader: False) == {}
    assert leaders_of(angles(0, 0, 0), 0.9, lambda number, leader: (number, leader) == (2, 1)) == {
        2: (1, 1.0)
    }


def test_the_oldest_leads_and_identifiers_keep_apart() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    texts = ["printer PRN-1234 jams", "printer jams again", "printer PRN-9876 jams", "printer jams"]
    tickets = [
        OldTicket(n, external_id=str(n), subject=text, created_at=start - timedelta(days=n))
        for n, text in enumerate(texts)
    ]
    [found] = clusters(tickets, angles(0, 1, 2, 3), 0.9)
    assert (found["external_id"], found["tickets"]) == ("3", 4)
    assert [member["external_id"] for member in found["members"]] == ["2", "1", "0"]
    assert (found["first_at"], found["last_at"]) == (
        (start - timedelta(days=3)).isoformat(),
        start.isoformat(),
    )
    [apart] = clusters(tickets[:3], angles(0, 1, 2), 0.9)
    assert (apart["external_id"], [m["external_id"] for m in apart["members"]]) == ("2", ["1"])


def test_members_that_are_shown_are_few() -> None:
    tickets = [OldTicket(n, subject="printer jams") for n in range(30)]
    [found] = clusters(tickets, angles(*[0.0] * 30), 0.9)
    assert (found["tickets"], len(found["members"])) == (30, module.SHOWN_MEMBERS)
