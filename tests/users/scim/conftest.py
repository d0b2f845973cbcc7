"""The SCIM door, with nothing counted yet."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def nobody_was_counted(request: pytest.FixtureRequest) -> None:
    """What limits count outlives a test that commits."""
    marker = request.node.get_closest_marker("django_db")
    if marker is not None:
        request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
        cache.clear()
