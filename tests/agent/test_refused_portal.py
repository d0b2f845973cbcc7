"""The portal itself, over HTTP, refuses what is too much of a group; the agent leaves it out and goes on."""

from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from licensing.enums import Tier
from portal_agent.config import Portal, Threshold
from portal_agent.scim import PortalClient
from portal_agent.state import State
from portal_agent.sync import Agent
from tests.agent.people import make_group, make_person, with_people
from tests.factories import make_company
from users.directory.enums import ConnectorKind
from users.directory.models import Group
from users.directory.rules import add_connector
from users.scim import translation


@pytest.mark.django_db(transaction=True)
def test_a_group_with_more_members_than_the_portal_keeps(
    live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three are kept here in place of 50,000."""
    monkeypatch.setattr(translation, "MAX_MEMBERS", 3)
    company = make_company(seats=9, tier=Tier.ADVANCED)
    connector, token = add_connector(company, kind=ConnectorKind.ACTIVE_DIRECTORY, name="Head office", by=None)
    directory = with_people(4)
    everybody = [directory.inside[make_person(number).guid] for number in (1, 2, 3, 4)]
    sales, staff = make_group(1, "Sales"), make_group(2, "Staff")
    directory.put(sales, *everybody[:3])
    directory.put(staff, *everybody)
    with State.open(tmp_path / "state.db") as state:
        client = PortalClient(Portal(f"{live_server.url}/scim/v2", token, None, 30, 1, 1000))
        agent = Agent(directory, client, state, Threshold())
        said = [("Group Staff", "was refused by the portal: A group has 3 members at most", True)]
        for _pass in range(2):
            report = agent.full_pass()
            assert [(problem.name, problem.text, problem.left_out) for problem in report.problems] == said
            assert [group.display_name for group in Group.objects.of_connector(connector)] == ["Sales"]
        directory.put(staff, *everybody[1:])
        assert (agent.full_pass().problems, Group.objects.of_connector(connector).count()) == ([], 2)
