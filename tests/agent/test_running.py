"""`run`: at once, on every change, daily, and through trouble, which it tells once."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from portal_agent.directory import Position
from portal_agent.errors import DirectoryError
from portal_agent.running import Stop, run
from portal_agent.state import State, alone
from portal_agent.sync import Agent, Report
from tests.agent.people import MemoryDirectory, make_agent, make_person, with_people
from tests.agent.scim_server import ScimServer


class Steps(Stop):
    """In place of the clock: whatever happens between two polls, one after another; then the agent is told to stop."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        super().__init__()
        self.steps = list(steps)
        self.pauses: list[float] = []

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self.steps:
            self.steps.pop(0)()
        else:
            self.set()


def follow(agent: Agent, steps: Steps, folder: Path, *, full_seconds: float = 3600) -> list[Report]:
    reports: list[Report] = []
    run(
        agent,
        steps,
        state_file=folder / "state.db",
        poll_seconds=60,
        full_seconds=full_seconds,
        tell=reports.append,
    )
    return reports


def test_it_brings_changes_over_and_reads_nobody_else(server: ScimServer, state: State, tmp_path: Path) -> None:
    directory = with_people(5)
    steps = Steps(lambda: None, lambda: directory.add(make_person(6)), lambda: None)
    reports = follow(make_agent(server, state, directory), steps, tmp_path)
    assert [sum(report.sent.values()) for report in reports] == [5, 1]
    assert (directory.readings, steps.pauses) == (1, [60] * 4)


def test_everybody_is_compared_when_it_is_time(server: ScimServer, state: State, tmp_path: Path) -> None:
    directory = with_people(5)

    def unseen() -> None:
        """A deletion that the account may not see."""
        del directory.inside[make_person(5).guid]

    reports = follow(make_agent(server, state, directory), Steps(unseen), tmp_path, full_seconds=0)
    assert (directory.readings, len(server.users())) == (2, 4)
    assert [report.whole for report in reports] == [True, True]


def test_trouble_is_told_once_waited_out_longer_each_time_and_its_end_is_told(
    server: ScimServer, state: State, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory = Away(4)
    directory.add(make_person(1))
    steps = Steps(*[lambda: None] * 5)
    with caplog.at_level(logging.INFO, "portal_agent"):
        follow(make_agent(server, state, directory), steps, tmp_path)
    told = [record.message for record in caplog.records if record.name == "portal_agent.running"]
    assert told == ["ldaps://dc1: Invalid credentials.", "All is well again."]
    assert steps.pauses == [120, 240, 300, 300, 60, 60]
    assert len(server.users()) == 1


class Away(MemoryDirectory):
    """Refuses so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def position(self) -> Position:
        if self.times:
            self.times -= 1
            raise DirectoryError("ldaps://dc1: Invalid credentials.", lasting=True)
        return super().position()


def test_r22_what_stops_it_is_carried_out_once_somebody_accepts(
    server: ScimServer, state: State, tmp_path: Path
) -> None:
    directory = with_people(40)
    agent = make_agent(server, state, directory)

    def accept() -> None:
        assert len(server.active()) == 40
        agent.full_pass(accept=10)

    def mass_removal() -> None:
        for number in range(1, 11):
            directory.leave(make_person(number))

    steps = Steps(mass_removal, lambda: None, accept, lambda: directory.add(make_person(41)))
    follow(agent, steps, tmp_path)
    assert len(server.active()) == 31


def test_two_agents_do_not_work_at_once(server: ScimServer, state: State, tmp_path: Path) -> None:
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with alone(tmp_path / "state.db"):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    entered.wait(10)
    agent = make_agent(server, state, with_people(1))
    follow(agent, Steps(leave.set, thread.join), tmp_path)
    assert len(server.users()) == 1
    thread.join()
