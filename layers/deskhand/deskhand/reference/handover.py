"""What routes answer that hand over a file."""

from deskhand.reference.operation import Reply
from deskhand.reference.prepared import ExactObject


class FileLink(ExactObject):
    """Where the file is, for one minute. Whoever has the link can load it: keep it secret."""

    url: str


HANDED_OVER = {
    200: Reply("The link, with `redirect=false`.", FileLink),
    302: Reply("Where the file is, for one minute.", None, ("Location",)),
}
