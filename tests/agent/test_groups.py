"""Groups go with the people: who is in which, by differences, and only groups with people whom the portal knows."""

from pathlib import Path
from typing import Any

import pytest

from portal_agent import sending_groups
from portal_agent.errors import PortalError
from portal_agent.state import State
from portal_agent.sync import Report
from tests.agent.people import MemoryDirectory, make_agent, make_group, make_person, with_groups, with_people
from tests.agent.scim_server import REFUSED, Break, ScimServer

ANN, BOB, CARL, DORA = (make_person(number) for number in range(1, 5))
SALES, STAFF = make_group(1, "Sales"), make_group(2, "Ståff 社員")


def names(*numbers: int) -> set[str]:
    return {make_person(number).user_name for number in numbers}


def group_lines(server: ScimServer) -> list[tuple[str, Any]]:
    """What was sent of groups since the server forgot: the method, and the operations of a PATCH or the members."""
    lines = [line for body in server.sent for line in body["Operations"] if line["path"].startswith("/Groups")]
    return [
        (line["method"], [one["op"] for one in line["data"]["Operations"]] if line["method"] == "PATCH" else None)
        for line in lines
    ]


def told(report: Report | None) -> dict[str, int]:
    assert report is not None
    return {word: count for word, count in report.groups.items() if count}


@pytest.fixture
def directory() -> MemoryDirectory:
    directory = with_people(4)
    directory.put(SALES, ANN, BOB)
    directory.put(STAFF, ANN, BOB, CARL, DORA)
    directory.put(make_group(3, "Nobody here"))
    return directory


def test_groups_come_with_their_people_and_then_nothing_is_written(
    server: ScimServer, state: State, directory: MemoryDirectory
) -> None:
    agent = make_agent(server, state, directory)
    assert told(agent.full_pass()) == {"added": 2}
    assert server.groups() == {"Sales": names(1, 2), "Ståff 社員": names(1, 2, 3, 4)}
    (sales,) = (one.model_dump() for one in server.storage.resources if getattr(one, "display_name", "") == "Sales")
    assert sales["externalId"] == SALES.guid
    server.forget()
    assert told(agent.full_pass()) == {}
    assert agent.changes_pass() is None
    assert server.writes == []


def test_only_differences_are_sent(server: ScimServer, state: State, directory: MemoryDirectory) -> None:
    agent = make_agent(server, state, directory)
    agent.full_pass()
    server.forget()
    directory.put(SALES, BOB, CARL)
    assert told(agent.full_pass()) == {"changed": 1}
    assert group_lines(server) == [("PATCH", ["add", "remove"])]
    assert server.groups() == {"Sales": names(2, 3), "Ståff 社員": names(1, 2, 3, 4)}


def test_a_renamed_group_keeps_its_resource(server: ScimServer, state: State, directory: MemoryDirectory) -> None:
    agent = make_agent(server, state, directory)
    agent.full_pass()
    server.forget()
    directory.rename(SALES, "Selling")
    assert told(agent.full_pass()) == {"changed": 1}
    assert group_lines(server) == [("PATCH", ["replace"])]
    assert server.groups() == {"Selling": names(1, 2), "Ståff 社員": names(1, 2, 3, 4)}


@pytest.mark.parametrize("how", ["emptied", "deleted"])
def test_a_group_without_people_is_removed(
    server: ScimServer, state: State, directory: MemoryDirectory, how: str
) -> None:
    agent = make_agent(server, state, directory)
    agent.full_pass()
    server.forget()
    if how == "emptied":
        directory.put(SALES)
    else:
        directory.drop(SALES)
    assert told(agent.changes_pass()) == {"removed": 1}
    assert group_lines(server) == [("DELETE", None)]
    assert server.groups() == {"Ståff 社員": names(1, 2, 3, 4)}
    directory.put(SALES, DORA)
    assert told(agent.changes_pass()) == {"added": 1}
    assert server.groups() == {"Sales": names(4), "Ståff 社員": names(1, 2, 3, 4)}


def test_changes_of_groups_outside_of_the_scope_are_seen_and_nobody_else_is_read(
    server: ScimServer, state: State, directory: MemoryDirectory
) -> None:
    agent = make_agent(server, state, directory)
    agent.full_pass()
    readings = directory.readings
    directory.put(SALES, CARL)
    directory.put(make_group(3, "Nobody here"))
    directory.put(make_group(4, "New"), DORA)
    assert told(agent.changes_pass()) == {"added": 1, "changed": 1}
    directory.rename(make_group(4, "New"), "Newer")
    assert told(agent.changes_pass()) == {"changed": 1}
    assert server.groups() == {"Newer": names(4), "Sales": names(3), "Ståff 社員": names(1, 2, 3, 4)}
    server.forget()
    directory.put(make_group(3, "Nobody here"))
    assert agent.changes_pass() is None
    assert (server.asked, directory.readings) == ([], readings)


def test_who_left_was_deleted_or_is_left_out_is_in_no_group(
    server: ScimServer, state: State, directory: MemoryDirectory
) -> None:
    twin = make_person(5, mail=ANN.mail)
    directory.add(twin)
    directory.put(SALES, ANN, BOB, CARL, twin)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    assert server.groups()["Sales"] == names(1, 2, 3)
    directory.leave(BOB)
    directory.delete(CARL)
    agent.changes_pass()
    assert server.groups() == {"Sales": names(1), "Ståff 社員": names(1, 4)}
    server.forget()
    assert told(agent.full_pass()) == {}
    assert server.writes == []


def test_who_is_deleted_alone_leaves_their_groups_in_a_pass_of_changes(
    server: ScimServer, state: State, directory: MemoryDirectory
) -> None:
    agent = make_agent(server, state, directory)
    agent.full_pass()
    readings = directory.readings
    directory.delete(BOB)
    assert told(agent.changes_pass()) == {"changed": 2}
    assert directory.readings == readings
    assert server.groups() == {"Sales": names(1), "Ståff 社員": names(1, 3, 4)}


def test_disabled_people_stay_in_their_groups(server: ScimServer, state: State, directory: MemoryDirectory) -> None:
    agent = make_agent(server, state, directory)
    agent.full_pass()
    directory.change(directory.inside[ANN.guid], enabled=False)
    assert told(agent.changes_pass()) == {}
    assert server.groups()["Sales"] == names(1, 2)


def test_large_groups_are_told_in_steps(server: ScimServer, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending_groups, "_MOST_ADDED", 10)
    monkeypatch.setattr(sending_groups, "_MOST_REMOVED", 4)
    monkeypatch.setattr(sending_groups, "_MOST_TOGETHER", 30)
    directory = with_people(25)
    everybody = list(directory.inside.values())
    directory.put(SALES, *everybody)
    directory.put(STAFF, *everybody)
    agent = make_agent(server, state, directory)
    assert told(agent.full_pass()) == {"added": 2}
    assert group_lines(server) == [("POST", None)] * 2 + [("PATCH", ["add"])] * 4
    server.forget()
    directory.put(SALES, *everybody[:16])
    assert told(agent.full_pass()) == {"changed": 1}
    assert group_lines(server) == [("PATCH", ["remove"] * 4)] * 2 + [("PATCH", ["remove"])]
    assert server.groups() == {"Sales": names(*range(1, 17)), "Ståff 社員": names(*range(1, 26))}


@pytest.mark.parametrize("carried_out", [True, False], ids=["done", "not done"])
def test_an_answer_that_got_lost_makes_no_second_group(
    server: ScimServer, state: State, directory: MemoryDirectory, carried_out: bool
) -> None:
    agent = make_agent(server, state, directory)
    agent.portal.limits()
    # Listing and counting people, listing groups, sending people; then the groups.
    server.faults = [None, None, None, None, Break(carried_out)]
    agent.full_pass()
    assert server.groups() == {"Sales": names(1, 2), "Ståff 社員": names(1, 2, 3, 4)}
    server.forget()
    agent.full_pass()
    assert server.writes == []


def test_a_portal_that_stays_away_is_told_the_rest_by_the_next_pass(
    server: ScimServer, state: State, directory: MemoryDirectory
) -> None:
    agent = make_agent(server, state, directory, attempts=2)
    agent.portal.limits()
    server.faults = [None, None, None, None, 503, 503, 503]
    with pytest.raises(PortalError, match="answered 503"):
        agent.full_pass()
    assert (len(server.users()), server.groups()) == (4, {})
    server.faults = []
    assert told(agent.changes_pass()) == {"added": 2}, "everybody is read again"


def test_a_group_that_the_portal_lost_comes_again(server: ScimServer, state: State, directory: MemoryDirectory) -> None:
    agent = make_agent(server, state, directory)
    agent.full_pass()
    server.delete_group("Sales")
    assert told(agent.full_pass()) == {"added": 1}
    server.delete_group("Sales")
    server.create_group("From elsewhere")  # so that the numbers agree
    directory.put(SALES, CARL)
    agent.changes_pass()
    assert server.groups() == {"From elsewhere": set(), "Sales": names(3), "Ståff 社員": names(1, 2, 3, 4)}


def test_a_group_that_is_refused_is_named_and_the_others_go_on(
    server: ScimServer, state: State, directory: MemoryDirectory
) -> None:
    directory.put(make_group(9, REFUSED), ANN)
    agent = make_agent(server, state, directory)
    report = agent.full_pass()
    assert told(report) == {"added": 2}
    assert [(problem.name, problem.left_out) for problem in report.problems] == [(f"Group {REFUSED}", True)]
    assert report.problems[0].text.startswith("was refused by the portal: ")
    assert server.groups() == {"Sales": names(1, 2), "Ståff 社員": names(1, 2, 3, 4)}
    # It keeps nobody from being looked at by what changed alone.
    readings = directory.readings
    directory.change(directory.inside[BOB.guid], department="Legal")
    agent.changes_pass()
    assert directory.readings == readings


def test_without_its_memory_the_agent_asks_the_portal(
    server: ScimServer, state: State, directory: MemoryDirectory, tmp_path: Path
) -> None:
    make_agent(server, state, directory).full_pass()
    server.create_group("From elsewhere")
    with State.open(tmp_path / "new.db") as empty:
        agent = make_agent(server, empty, directory)
        assert told(agent.full_pass()) == {}
        assert server.writes == []
        directory.put(SALES, CARL)
        assert told(agent.changes_pass()) == {"changed": 1}
    assert server.groups() == {"From elsewhere": set(), "Sales": names(3), "Ståff 社員": names(1, 2, 3, 4)}


def test_told_to_stop_it_goes_on_from_there(server: ScimServer, state: State) -> None:
    directory = with_groups(with_people(10), 5)
    agent = make_agent(server, state, directory, operations=2)
    agent.stopping = lambda: len(server.groups()) == 2
    report = agent.full_pass()
    assert (report.finished, told(report)) == (False, {"added": 2})
    agent.stopping = lambda: False
    assert told(agent.changes_pass()) == {"added": 3}
    assert server.groups() == directory.groups_by_name()


def test_switched_off_nothing_is_asked_or_sent(server: ScimServer, state: State, directory: MemoryDirectory) -> None:
    agent = make_agent(server, state, directory)
    agent.groups = False
    agent.full_pass()
    directory.put(SALES, CARL)
    assert agent.changes_pass() is None
    assert (server.groups(), [path for _method, path in server.asked if "Groups" in path]) == ({}, [])
    agent.groups = True
    assert told(agent.full_pass()) == {"added": 2}


def test_a_dry_run_counts_groups_and_sends_nothing(
    server: ScimServer, state: State, directory: MemoryDirectory
) -> None:
    with state.copy() as copy:
        agent = make_agent(server, copy, directory)
        assert agent.foreseen_groups(agent.plan()) == {"added": 2, "changed": 0, "removed": 0}
    assert server.writes == []
    make_agent(server, state, directory).full_pass()
    directory.put(SALES)
    directory.add(make_person(5, groups=(STAFF.address,)))
    server.forget()
    with state.copy() as copy:
        agent = make_agent(server, copy, directory)
        assert agent.foreseen_groups(agent.plan()) == {"added": 0, "changed": 1, "removed": 1}
    assert server.writes == []
