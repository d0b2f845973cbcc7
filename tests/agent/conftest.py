"""The agent between a directory in memory and a SCIM server; and, for some tests, a real Active Directory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal_agent.state import State
from tests.agent.samba import Domain, domain_controller
from tests.agent.scim_server import ScimServer, scim_server


@pytest.fixture
def server() -> Iterator[ScimServer]:
    with scim_server() as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(tmp_path / "state.db") as opened:
        yield opened


@pytest.fixture(scope="session")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Domain]:
    with domain_controller(tmp_path_factory.mktemp("samba")) as running:
        yield running
