"""100,000 people behind the reader, as a process whose memory is measured. Prints JSON: what was sent, and the peak."""

import json
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from portal_agent.config import Portal, Threshold
from portal_agent.directory import Changes, Group, Position
from portal_agent.people import Person
from portal_agent.scim import PortalClient
from portal_agent.state import State
from portal_agent.sync import Agent
from tests.agent.people import make_person

_SIZES = {"Everybody": 1, "Everybody else": 1, "Site": 10, "Department": 50, "Team": 2_000}
GROUPS = sum(_SIZES.values())
"""Everybody is in one of each kind: half a million memberships."""


class LargeDirectory:
    """So many people, made while they are read, as a directory would send them."""

    def __init__(self, people: int) -> None:
        self.size = people

    def position(self) -> Position:
        return Position("dc1", 1)

    def people(self) -> Iterator[Person]:
        for number in range(1, self.size + 1):
            yield make_person(number, groups=tuple(f"{kind} {number % count}" for kind, count in _SIZES.items()))

    def groups(self, addresses: Collection[str]) -> dict[str, Group]:
        return {address: Group(f"guid of {address}", address, address) for address in addresses}

    def members(self, group: Group) -> Iterator[str]:
        return iter(())

    def changes(self, since: Position) -> Changes:
        return Changes([], frozenset(), groups=False)

    def existing(self, guids: Collection[str]) -> dict[str, Person]:
        return {}


def main(url: str, state_file: str, people: int) -> None:
    """Two full passes."""
    portal = PortalClient(Portal(url, "token", None, 60, 1, 1000))
    with State.open(Path(state_file)) as state:
        agent = Agent(LargeDirectory(people), portal, state, Threshold())
        reports = [agent.full_pass() for _pass in range(2)]
    sent = [sum(report.sent.values()) for report in reports]
    groups = [sum(report.groups.values()) for report in reports]
    sys.stdout.write(json.dumps({"sent": sent, "groups": groups, "peak": peak()}))


def peak() -> int:
    """The most memory that this program held, in bytes. getrusage() would count who started it, too."""
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
