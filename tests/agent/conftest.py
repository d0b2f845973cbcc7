"""The agent between a directory in memory and a SCIM server; nothing of the portal, no database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal_agent.state import State
from tests.agent.scim_server import ScimServer, scim_server


@pytest.fixture
def server() -> Iterator[ScimServer]:
    with scim_server() as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(tmp_path / "state.db") as opened:
        yield opened
