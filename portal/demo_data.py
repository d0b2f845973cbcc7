"""The demo data."""

from collections.abc import Callable


def load(progress: Callable[[str], None]) -> bool:
    """Load the demo data once; False if it is there already."""
    return False
