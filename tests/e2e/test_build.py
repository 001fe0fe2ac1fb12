"""What the stack was built from would fit Lambda."""

from embedded.build import BUILT
from shipping.binaries import UNPACKED_BYTES, sizes
from tests.e2e.conftest import Stack

# For what a new release of a library adds.
SPARE_BYTES = 10 * 1024 * 1024


def test_every_function_leaves_room_in_what_lambda_unpacks(stack: Stack) -> None:
    """F-N2: functions and their layers, as they are deployed."""
    built = sizes(BUILT.parent)
    assert built.keys() == stack.target["functions"].keys()
    too_large = {name: size for name, size in built.items() if size > UNPACKED_BYTES - SPARE_BYTES}
    assert too_large == {}
