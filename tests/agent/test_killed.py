"""kill -9 at any moment, and start again: nothing lost, nothing doubled; nor of groups."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from portal_agent.state import State
from tests.agent.people import make_agent, make_group, make_person, with_groups, with_people
from tests.agent.scim_server import TOKEN, Break, ScimServer

REQUESTS = 5
PEOPLE = 25
GROUPS = 12


@pytest.mark.parametrize("carried_out", [True, False], ids=["after the portal did it", "before the portal did it"])
@pytest.mark.parametrize("request_number", range(1, REQUESTS + 1))
def test_a_killed_agent_goes_on_where_it_was(
    server: ScimServer, tmp_path: Path, request_number: int, carried_out: bool
) -> None:
    """Whoever was under way is even renamed meanwhile, name, address and all: only their externalId stays."""
    state_file = tmp_path / "state.db"
    killed: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        killed[0].kill()
        killed[0].wait(10)

    # ServiceProviderConfig, listing, counting, listing groups; then Bulk requests of five people each.
    server.faults = [*[None] * (3 + request_number), Break(carried_out, kill)]
    command = [sys.executable, "-m", "tests.agent.worker", server.url, TOKEN, str(state_file), str(PEOPLE), "0"]
    killed.append(subprocess.Popen(command, cwd=settings.BASE_DIR))
    assert killed[0].wait(30) == -9
    came_in = 5 * (request_number - (0 if carried_out else 1))
    assert len(server.users()) == came_in

    directory = with_people(PEOPLE)
    renamed = make_person(5 * request_number)
    directory.change(renamed, user_name="new-name@ad.example", mail="new-name@customer.example")
    with State.open(state_file) as state:
        make_agent(server, state, directory).full_pass()
        server.forget()
        make_agent(server, state, directory).full_pass()
    assert server.writes == []
    told = {user["externalId"]: user["userName"] for user in server.users().values()}
    assert told == {person.guid: person.user_name for person in directory.inside.values()}
    assert len(server.users()) == PEOPLE


@pytest.mark.parametrize("carried_out", [True, False], ids=["after the portal did it", "before the portal did it"])
@pytest.mark.parametrize("request_number", range(1, 4))
def test_groups_too_are_neither_lost_nor_doubled(
    server: ScimServer, tmp_path: Path, request_number: int, carried_out: bool
) -> None:
    """Of the groups under way one is renamed meanwhile, one changes its people, one loses all of them."""
    state_file = tmp_path / "state.db"
    killed: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        killed[0].kill()
        killed[0].wait(10)

    # What comes before, and all people; then Bulk requests of five groups each.
    server.faults = [*[None] * (3 + REQUESTS + request_number), Break(carried_out, kill)]
    command = [sys.executable, "-m", "tests.agent.worker", server.url, TOKEN, str(state_file), str(PEOPLE), str(GROUPS)]
    killed.append(subprocess.Popen(command, cwd=settings.BASE_DIR))
    assert killed[0].wait(30) == -9
    assert len(server.users()) == PEOPLE
    assert len(server.groups()) == min(GROUPS, 5 * (request_number - (0 if carried_out else 1)))

    directory = with_groups(with_people(PEOPLE), GROUPS)
    # Sent by name: of the second and third request, of the first, and of the first.
    directory.rename(make_group(GROUPS - 5), "Renamed")
    directory.put(make_group(10), make_person(25))
    directory.put(make_group(1))
    with State.open(state_file) as state:
        make_agent(server, state, directory).full_pass()
        server.forget()
        make_agent(server, state, directory).full_pass()
    assert server.writes == []
    assert server.groups() == directory.groups_by_name()
    assert len(server.groups()) == GROUPS - 1
