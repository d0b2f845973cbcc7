"""The agent between a directory in memory and the SCIM server at an address, as a process that can be killed."""

import sys
from pathlib import Path

from portal_agent.config import Portal, Threshold
from portal_agent.scim import PortalClient
from portal_agent.state import State
from portal_agent.sync import Agent
from tests.agent.people import with_groups, with_people


def main(url: str, token: str, state_file: str, people: int, groups: int) -> None:
    """One full pass."""
    portal = PortalClient(Portal(url, token, None, 10, 3, 5))
    with State.open(Path(state_file)) as state:
        Agent(with_groups(with_people(people), groups), portal, state, Threshold()).full_pass()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
