"""`make catalog`: loads a catalog file into the running stack, or shows what it would change."""

from pathlib import Path

from embedded.console import say
from embedded.errors import EmbeddedError
from embedded.functions import stack_of
from embedded.instance import Instance


def load(instance: Instance, file: Path, *, dry_run: bool) -> None:
    """Put the catalog in force; with `dry_run` only print what would change."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise EmbeddedError(f"{file} cannot be read: {error.strerror}") from None
    asked = {"text": text, "dry_run": dry_run}
    told = stack_of(instance).invoke("LoadCatalogFunction", asked, seconds=300)
    for finding in told["findings"]:
        say("warning", f"{finding['pointer']}: {finding['detail']}")
    for change in told.get("changes", ()):
        name = f"{change['category']} / {change['request_type']}"
        fields = ", ".join(change.get("fields", ()))
        say(change["change"], f"{name} {fields} ({change['tickets']} open tickets)")
    if labels := told.get("labels"):
        count, looked_at = labels["relabelled"], labels["looked_at"]
        say("labels", f"{count} of the newest {looked_at} tickets would get another label")
        for move in labels["moves"]:
            before, after = (" / ".join(move[end]) for end in ("from", "to"))
            say("labels", f"{move['count']} from {before} to {after}")
    size = f"{told['categories']} categories, {told['request_types']} request types"
    say("dry run" if dry_run else "in force", f"{told['version']}: {size}")
