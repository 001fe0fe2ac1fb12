"""The invariants that are broken, as the verify function says them."""

from functions.verify.handler import handler


def broken(*, at_rest: bool = False) -> dict[str, list[str]]:
    """What breaks which invariant."""
    answer = handler({"at_rest": at_rest}, None)
    assert answer["checked"] == len(answer["broken"]) + len(answer["held"])
    return {each["invariant"]: each["ids"] for each in answer["broken"]}
