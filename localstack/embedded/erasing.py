"""`make erase`: everything stored about a person, until nothing is left."""

from collections import Counter

from embedded.console import say
from embedded.functions import stack_of
from embedded.instance import Instance


def erase(instance: Instance, person: str, *, dry_run: bool) -> None:
    """Erase a person, or only count what that would erase, and print how much and what is left to
    people."""
    stack = stack_of(instance)
    counts = Counter[str]()
    done = False
    while not done:
        event = {"person": person, "dry_run": dry_run}
        answer = stack.invoke("ErasePersonFunction", event, seconds=310)
        counts.update(answer["counts"])
        done = answer["done"]
    said = ", ".join(f"{name} {n}" for name, n in counts.items()) or "nothing is stored"
    say("would erase" if dry_run else "erased", said)
    for name, ids in answer["mentioned"].items():
        say("mentioned in", f"{name}: {', '.join(ids)}")
