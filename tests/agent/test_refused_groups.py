"""What the portal refuses of groups is named in each full pass, and not sent again before something is different."""

from pathlib import Path
from typing import Any

import pytest

from portal_agent import sending_groups
from portal_agent.people import Person
from portal_agent.state import State
from portal_agent.sync import Agent, Report
from portal_agent.telling import summary
from tests.agent.people import MemoryDirectory, make_agent, make_group, make_person, with_people
from tests.agent.scim_server import REFUSED, ScimServer

MOST = 4
SALES, STAFF, ODD = make_group(1, "Sales"), make_group(2, "Staff"), make_group(9, REFUSED)
TOO_MANY = ("Group Staff", f"was refused by the portal: A group has {MOST} members at most")
NAME = (f"Group {REFUSED}", "was refused by the portal: Not this name")


def people(directory: MemoryDirectory, *numbers: int) -> list[Person]:
    return [directory.inside[make_person(number).guid] for number in numbers]


def names(*numbers: int) -> set[str]:
    return {make_person(number).user_name for number in numbers}


def group_lines(server: ScimServer) -> list[tuple[str, Any]]:
    """What was sent of groups since the server forgot: the method, and the operations of a PATCH."""
    lines = [line for body in server.sent for line in body["Operations"] if line["path"].startswith("/Groups")]
    return [
        (line["method"], [one["op"] for one in line["data"]["Operations"]] if line["method"] == "PATCH" else None)
        for line in lines
    ]


def problems(report: Report | None) -> list[tuple[str, str]]:
    assert report is not None
    assert all(problem.left_out for problem in report.problems)
    return [(problem.name, problem.text) for problem in report.problems]


@pytest.fixture
def directory() -> MemoryDirectory:
    """Six people; two more than the portal keeps are in Staff."""
    directory = with_people(6)
    directory.put(SALES, *people(directory, 1, 2))
    directory.put(STAFF, *people(directory, 1, 2, 3, 4, 5, 6))
    return directory


@pytest.fixture
def agent(server: ScimServer, state: State, directory: MemoryDirectory, monkeypatch: pytest.MonkeyPatch) -> Agent:
    """After its first pass, which sent two members at a time."""
    monkeypatch.setattr(sending_groups, "_MOST_ADDED", 2)
    server.storage.most_members = MOST
    agent = make_agent(server, state, directory)
    report = agent.full_pass()
    assert (problems(report), report.groups) == ([TOO_MANY], {"added": 2, "changed": 0, "removed": 0})
    assert server.groups() == {"Sales": names(1, 2), "Staff": names(1, 2, 3, 4)}
    server.forget()
    return agent


def test_too_large_a_group_is_kept_in_part_named_in_each_pass_and_not_sent_again(
    server: ScimServer, agent: Agent, tmp_path: Path
) -> None:
    for _pass in range(2):
        report = agent.full_pass()
        assert [problem.guid for problem in report.left_out] == [STAFF.guid]
        assert (problems(report), report.finished, server.writes) == ([TOO_MANY], True, [])
        assert summary(report) == "Done: nothing to do. 1 could not be brought up to date."
    # Started again, too.
    with State.open(tmp_path / "state.db") as state:
        again = make_agent(server, state, agent.directory)  # type: ignore[arg-type]
        assert (problems(again.full_pass()), server.writes) == ([TOO_MANY], [])


def test_in_between_nobody_is_read_again_because_of_it(
    server: ScimServer, agent: Agent, directory: MemoryDirectory
) -> None:
    readings = directory.readings
    assert agent.changes_pass() is None
    directory.change(people(directory, 6)[0], department="Legal")
    assert problems(agent.changes_pass()) == []
    assert (directory.readings, group_lines(server)) == (readings, [])


def test_the_other_groups_go_on(server: ScimServer, agent: Agent, directory: MemoryDirectory) -> None:
    directory.put(SALES, *people(directory, 1, 6))
    directory.put(make_group(3, "New"), *people(directory, 5))
    assert problems(agent.full_pass()) == [TOO_MANY]
    assert server.groups() == {"New": names(5), "Sales": names(1, 6), "Staff": names(1, 2, 3, 4)}


def test_who_leaves_is_taken_out_and_the_others_are_tried_again(
    server: ScimServer, agent: Agent, directory: MemoryDirectory
) -> None:
    directory.put(STAFF, *people(directory, 2, 3, 4, 5, 6))
    # Two do not fit, although one would: they are sent together.
    assert problems(agent.full_pass()) == [TOO_MANY]
    assert group_lines(server) == [("PATCH", ["remove"]), ("PATCH", ["add"])]
    assert server.groups()["Staff"] == names(2, 3, 4)
    server.forget()
    directory.put(STAFF, *people(directory, 3, 4, 5, 6))
    assert problems(agent.changes_pass()) == []
    assert server.groups()["Staff"] == names(3, 4, 5, 6)
    server.forget()
    assert (problems(agent.full_pass()), server.writes) == ([], [])


def test_who_comes_is_tried_alone_and_who_gives_up_is_forgotten(
    server: ScimServer, agent: Agent, directory: MemoryDirectory
) -> None:
    directory.add(make_person(7, groups=(STAFF.address,)))
    assert problems(agent.full_pass()) == [TOO_MANY]
    assert group_lines(server) == [("PATCH", ["add"])]
    server.forget()
    assert (problems(agent.full_pass()), server.writes) == ([TOO_MANY], [])
    directory.put(STAFF, *people(directory, 1, 2, 3, 4))
    report = agent.full_pass()
    assert (problems(report), server.writes) == ([], [])


def test_who_comes_and_who_leaves_at_once(server: ScimServer, agent: Agent, directory: MemoryDirectory) -> None:
    """The removal is not kept back by what is refused."""
    directory.add(make_person(7), make_person(8))
    directory.put(STAFF, *people(directory, 2, 3, 4, 5, 6, 7, 8))
    assert problems(agent.full_pass()) == [TOO_MANY]
    assert group_lines(server)[:2] == [("PATCH", ["add", "remove"]), ("PATCH", ["remove"])]
    assert server.groups()["Staff"] == names(2, 3, 4)


def test_a_name_that_is_refused_is_tried_again_once_it_is_another(
    server: ScimServer, state: State, directory: MemoryDirectory
) -> None:
    directory.put(ODD, *people(directory, 1))
    agent = make_agent(server, state, directory)
    assert problems(agent.full_pass()) == [NAME]
    server.forget()
    assert (problems(agent.full_pass()), server.writes) == ([NAME], [])
    directory.rename(ODD, "Even")
    assert problems(agent.full_pass()) == []
    assert group_lines(server) == [("POST", None)]
    assert server.groups()["Even"] == names(1)


def test_a_group_keeps_its_former_name_and_is_kept_up_to_date_where_the_new_one_is_refused(
    server: ScimServer, agent: Agent, directory: MemoryDirectory
) -> None:
    odd = directory.rename(SALES, REFUSED)
    assert [name for name, _text in problems(agent.full_pass())] == [NAME[0], TOO_MANY[0]]
    server.forget()
    directory.put(odd, *people(directory, 1, 3))
    assert [name for name, _text in problems(agent.full_pass())] == [NAME[0], TOO_MANY[0]]
    assert group_lines(server) == [("PATCH", ["add", "remove"])]
    assert server.groups()["Sales"] == names(1, 3)
    server.forget()
    directory.rename(odd, "Selling")
    assert problems(agent.full_pass()) == [TOO_MANY]
    assert group_lines(server) == [("PATCH", ["replace"])]
    assert server.groups()["Selling"] == names(1, 3)


def test_a_group_that_is_gone_is_named_no_more(server: ScimServer, agent: Agent, directory: MemoryDirectory) -> None:
    directory.drop(STAFF)
    assert (problems(agent.full_pass()), server.groups()) == ([], {"Sales": names(1, 2)})


def test_a_memory_that_was_rebuilt_asks_again(server: ScimServer, agent: Agent) -> None:
    """As a portal that was set back would be asked."""
    server.create_group("From elsewhere")
    server.storage.most_members = None
    assert problems(agent.full_pass()) == []
    assert server.groups()["Staff"] == names(1, 2, 3, 4, 5, 6)
