"""Groups of tickets that tell of the same thing: each joins a leader, never another member."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

import numpy as np

from deskhand.audits.export import OldTicket, reference_of
from deskhand.learning.vocabulary import Floats
from deskhand.similarity.bag_of_words import bag_of
from deskhand.similarity.identifiers import identifiers
from deskhand.similarity.ranking import cosines

# The least similarity of the words, as for duplicates of new tickets.
WORDS = 0.4
SHOWN_MEMBERS = 20
_BLOCK = 512
_TRIED_LEADERS = 3
_NEVER = datetime.max.replace(tzinfo=UTC)


def clusters(tickets: Sequence[OldTicket], vectors: Floats, least: float) -> list[dict[str, Any]]:
    """The groups of two tickets or more, the largest first; the oldest of each is its leader.

    `least` is the cosine from which a ticket may join. Joining through other members would unite
    what has nothing in common.
    """
    order = sorted(range(len(tickets)), key=lambda n: (tickets[n].created_at or _NEVER, n))
    texts = [tickets[number].text.text for number in order]
    followed = leaders_of(vectors[order], least, _agreement(texts))
    groups: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for member, (leader, cosine) in followed.items():
        groups[order[leader]].append((order[member], cosine))
    found = [_cluster(tickets, leader, members) for leader, members in groups.items()]
    return sorted(found, key=lambda row: (-row["tickets"], row["place"]))


def leaders_of(
    vectors: Floats, least: float, agree: Callable[[int, int], bool]
) -> dict[int, tuple[int, float]]:
    """The leader of each member with its cosine; who has none leads later ones. `agree` says of a
    near pair whether their texts agree too."""
    leaders: list[int] = []
    followed: dict[int, tuple[int, float]] = {}
    led = np.empty((len(vectors), vectors.shape[1]), np.float32)
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK]
        old = len(leaders)
        earlier, within = block @ led[:old].T, block @ block.T
        for row in range(len(block)):
            # Leaders that were found within this block, by their place in it.
            new = [leader - start for leader in leaders[old:]]
            near = np.concatenate([earlier[row], within[row, new]])
            joined = _joined(near, least, partial(agree, start + row), leaders)
            if joined is None:
                led[len(leaders)] = block[row]
                leaders.append(start + row)
            else:
                followed[start + row] = (leaders[joined], float(near[joined]))
    return followed


def _joined(
    near: Floats, least: float, agrees: Callable[[int], bool], leaders: Sequence[int]
) -> int | None:
    """The nearest leader that is near enough and whose text agrees."""
    alike = np.flatnonzero(near >= least)
    best = alike[np.argsort(-near[alike], kind="stable")][:_TRIED_LEADERS]
    return next((int(at) for at in best if agrees(leaders[at])), None)


def _agreement(texts: Sequence[str]) -> Callable[[int, int], bool]:
    """Whether two texts share words, and name the same things if both name any."""

    @lru_cache(maxsize=4096)
    def words(number: int) -> bytes:
        return bag_of(texts[number]).packed

    @lru_cache(maxsize=4096)
    def names(number: int) -> frozenset[str]:
        return identifiers(texts[number])

    def agree(number: int, leader: int) -> bool:
        mine, theirs = names(number), names(leader)
        if mine and theirs and mine.isdisjoint(theirs):
            return False
        return cosines(words(number), [words(leader)])[0] >= WORDS

    return agree


def _cluster(
    tickets: Sequence[OldTicket], leader: int, members: list[tuple[int, float]]
) -> dict[str, Any]:
    every = [tickets[leader], *(tickets[number] for number, _ in members)]
    times = [ticket.created_at for ticket in every if ticket.created_at]
    return {
        **reference_of(tickets[leader]),
        "tickets": len(every),
        "places": len({(ticket.category, ticket.request_type) for ticket in every}),
        "first_at": min(times).isoformat() if times else None,
        "last_at": max(times).isoformat() if times else None,
        "members": [
            {**reference_of(tickets[number]), "similarity": round(min(cosine, 1.0), 4)}
            for number, cosine in members[:SHOWN_MEMBERS]
        ],
    }
