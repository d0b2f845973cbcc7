"""The portal was set back to an old backup (docs/deploy.md): how the agent brings it up to date again (R6, R20)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from companies.models import Company
from licensing.enums import Tier
from licensing.reconciliation import reconcile
from portal_agent.config import Portal, Threshold
from portal_agent.scim import PortalClient
from portal_agent.state import State
from portal_agent.sync import Agent
from tests.agent.people import MemoryDirectory, make_group, make_person, with_people
from tests.factories import make_company
from tests.facts import numbers
from users.directory.enums import ConnectorKind
from users.directory.models import Connector, Entry, Group
from users.directory.rules import add_connector

pytestmark = pytest.mark.django_db

SALES, STAFF = make_group(1, "Sales"), make_group(2, "Staff")


class InProcess:
    """In place of the network: the portal answers within the test's own transaction, which can be set back."""

    def __init__(self, token: str) -> None:
        self.writes = 0
        self._client = Client(headers={"Authorization": f"Bearer {token}"})

    def request(self, method: str, url: str, body: bytes | None = None) -> Any:
        self.writes += method != "GET"
        response: Any = self._client.generic(method, url, body or b"", "application/scim+json")
        response.status = response.status_code
        return response


class Sides:
    """A company with a connector, and the directory and the agent before it; twelve people, ten seats."""

    def __init__(self, folder: Path) -> None:
        self.company: Company = make_company(seats=10, tier=Tier.ADVANCED)
        self.connector: Connector
        self.connector, token = add_connector(
            self.company, kind=ConnectorKind.ACTIVE_DIRECTORY, name="Head office", by=None
        )
        self.portal = InProcess(token)
        self.token = token
        self.state_file = folder / "state.db"
        self.directory: MemoryDirectory = with_people(12)
        self.put(SALES, 1, 2)
        self.put(STAFF, *range(1, 13))

    def put(self, group: Any, *numbers: int) -> None:
        self.directory.put(group, *[self.directory.inside[make_person(number).guid] for number in numbers])

    def full_pass(self) -> dict[str, int]:
        """What was sent of people."""
        client = PortalClient(Portal("/scim/v2", self.token, None, 10, 1, 100), wait=lambda seconds: None)
        client._http = self.portal  # type: ignore[assignment]
        with State.open(self.state_file) as state:
            report = Agent(self.directory, client, state, Threshold()).full_pass()
        assert (report.finished, report.problems) == (True, [])
        return {kind.value: count for kind, count in report.sent.items() if count}

    def forget(self) -> None:
        for file in self.state_file.parent.glob("state.db*"):
            file.unlink()

    def told(self) -> dict[str, tuple[str, str, str, bool, bool]]:
        """What the portal shows of each resource: status, last name, department; active and out of the scope."""
        entries = Entry.objects.of_connector(self.connector).select_related("user")
        return {
            entry.user_name: (
                entry.user.status,
                entry.user.last_name,
                next(iter(value["department"] for value in entry.attributes.values() if "department" in value)),
                entry.active,
                entry.has_left,
            )
            for entry in entries
        }

    def groups(self) -> dict[str, set[str]]:
        names = {str(entry.scim_id): entry.user_name for entry in Entry.objects.filter(connector=self.connector)}
        groups = Group.objects.of_connector(self.connector)
        return {group.display_name: {names[one["value"]] for one in group.members} for group in groups}


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    sides = Sides(tmp_path)
    assert sides.full_pass() == {"add": 12}
    assert numbers(sides.company) == (10, 10, 3)
    return sides


def _between(sides: Sides) -> None:
    """What happens between the backup and the day on which it is restored: as many come as go."""
    people = {number: make_person(number) for number in range(1, 13)}
    sides.directory.change(sides.directory.inside[people[1].guid], family_name="Lee", department="Legal")
    sides.directory.change(sides.directory.inside[people[2].guid], enabled=False)
    sides.directory.leave(people[3])
    sides.directory.delete(people[4])
    sides.directory.add(make_person(13))
    sides.put(SALES, 1, 5)
    sides.put(STAFF, 5, 13)
    assert sides.full_pass() == {"delete": 1, "leave": 1, "disable": 1, "change": 1, "add": 1}


def _restored(act: Callable[[], object]) -> None:
    """Set everything back to before `act`."""
    with transaction.atomic():
        act()
        transaction.set_rollback(True)


def test_without_its_memory_the_agent_brings_a_portal_up_to_date_that_was_set_back(sides: Sides) -> None:
    """Who changed, was disabled, left, was deleted and came since the backup; and the groups."""
    old: list[Any] = []
    new: list[Any] = []
    old += [sides.told(), sides.groups()]

    def go_on() -> None:
        _between(sides)
        new.extend([sides.told(), sides.groups()])

    _restored(go_on)
    assert [sides.told(), sides.groups()] == old
    sides.forget()
    assert sides.full_pass() == {"delete": 1, "leave": 1, "disable": 1, "change": 1, "add": 1}
    assert [sides.told(), sides.groups()] == new
    assert numbers(sides.company) == (10, 10, 4)
    writes = sides.portal.writes
    assert (sides.full_pass(), sides.portal.writes) == ({}, writes)
    assert reconcile().findings == ()


def test_with_its_memory_it_believes_that_the_portal_knows_what_it_was_told(sides: Sides) -> None:
    """Which is why docs/deploy.md has the memory removed: as many people are there as before."""
    old = [sides.told(), sides.groups()]
    _restored(lambda: _between(sides))
    writes = sides.portal.writes
    assert (sides.full_pass(), sides.portal.writes) == ({}, writes)
    assert [sides.told(), sides.groups()] == old


def test_where_the_number_of_people_differs_it_asks_by_itself(sides: Sides) -> None:
    def more_come() -> None:
        sides.directory.add(make_person(13), make_person(14))
        assert sides.full_pass() == {"add": 2}

    _restored(more_come)
    assert sides.full_pass() == {"add": 2}
    assert len(sides.told()) == 14
