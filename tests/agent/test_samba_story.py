"""The whole way: people in a real Active Directory, the agent as it is installed, the portal as it is served.

After each step the directory, the portal and `reconcile` agree, to the person.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from licensing.approvals import approve_next
from licensing.enums import Tier
from licensing.pools import change_license
from tests.agent.samba import Domain
from tests.agent.world import (
    DISABLED,
    DOUBLE,
    PEOPLE,
    SEATS,
    World,
    accounts,
    agrees,
    all_agree,
    groups_in_portal,
    in_portal,
    open_world,
    running,
    until_agreed,
    until_logged,
    waiting,
)
from users.directory.models import Entry
from users.enums import UserStatus
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(domain: Domain, tmp_path: Path) -> Iterator[World]:
    with open_world(domain, tmp_path, people=PEOPLE) as opened:
        yield opened


def test_people_come_from_active_directory_and_follow_it(world: World) -> None:
    # Look before anything happens.
    looked = world.agent("check")
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert f"{PEOPLE} people" in looked.stdout
    looked = world.agent("--json", "plan")
    assert looked.returncode == 1, looked.stderr
    planned = json.loads(looked.stdout)
    assert (planned["people"], planned["counts"]["added"]) == (PEOPLE, PEOPLE - len(DOUBLE))
    # Portal, Sales, EMEA, the one outside; and Domain Users, which has whoever has another primary group.
    assert planned["groups"] == {"added": 5, "changed": 0, "removed": 0}
    assert (in_portal(world), groups_in_portal(world)) == ({}, {})

    # R6: 250 seats for 297 people: the rest waits, in the order sent; whoever is disabled waits without a place.
    synced = world.agent("sync")
    assert synced.returncode == 1, synced.stderr
    for account in DOUBLE:
        assert f"({account}@ad.portal.test) has the e-mail address of somebody else" in synced.stdout
    all_agree(world, seats=SEATS)
    sent = [account for account in sorted(world.people) if account not in DOUBLE]
    enabled = [account for account in sent if account not in DISABLED]
    assert accounts(world, UserStatus.ACTIVE) == enabled[:SEATS]
    assert waiting(world) == enabled[SEATS:]
    foretold(planned, world)

    # Again, and again without its memory: nothing to do.
    for forgets in (False, True):
        if forgets:
            (world.folder / "state.db").unlink()
        said = json.loads(world.agent("--json", "sync").stdout)
        assert (sum(said["counts"].values()), len(said["waiting"])) == (0, len(enabled) - SEATS)
    all_agree(world, seats=SEATS)

    # R7: 20 more seats, and the oldest come in.
    change_license(world.company, seats=SEATS + 20, tier=Tier.ADVANCED, seen=None, by=None)
    approve_next(world.company, count=20, by=None)
    all_agree(world, seats=SEATS + 20)
    assert accounts(world, UserStatus.ACTIVE) == enabled[: SEATS + 20]

    # R20: disabled, deleted, out of the group, renamed.
    people = world.people
    world.domain.enable(people["p010"], False)
    world.domain.delete(people["p011"])
    world.domain.take_out(world.group, people["p012"])
    world.domain.put_in(world.outside, people["p010"], people["p015"])
    world.domain.take_out(world.outside, people["p021"])
    people["p014"] = world.domain.rename(people["p014"], "Vierzehn, 十四")
    world.domain.change(
        people["p013"], sn="Neumann", mail="neu@customer.example", userPrincipalName="neu@ad.portal.test"
    )
    assert world.agent("sync").returncode == 1
    all_agree(world, seats=SEATS + 20)
    assert accounts(world, UserStatus.DISABLED) == ["p010", "p011", "p012"]
    assert "neu" in accounts(world, UserStatus.ACTIVE)

    # Back again: the same people in the same seats.
    users = User.objects.of_company(world.company).count()
    world.domain.enable(people["p010"], True)
    world.domain.restore(people["p011"], givenName="Łukasz", sn="Restored", mail="p011@customer.example")
    world.domain.put_in(world.inner[0], people["p011"])
    world.domain.put_in(world.group, people["p012"])
    planned = json.loads(world.agent("--json", "plan").stdout)
    thens = {change["mail"]: change["then"] for change in planned["changes"] if change["what"] == "enabled"}
    assert thens == {"p010@customer.example": "keeps", "p012@customer.example": "keeps"}
    assert world.agent("sync").returncode == 1
    all_agree(world, seats=SEATS + 20)
    assert accounts(world, UserStatus.DISABLED) == []
    assert User.objects.of_company(world.company).count() == users

    follow_while_it_runs(world)
    survive_kill_and_cut(world)

    # R22: half of the group is gone; nobody is changed.
    told = in_portal(world)
    world.domain.take_out(world.group, world.inner[0])
    stopped = world.agent("sync")
    assert stopped.returncode == 5, stopped.stderr
    assert "Nobody was changed" in " ".join(stopped.stderr.split())
    assert in_portal(world) == told
    world.domain.put_in(world.group, world.inner[0])
    assert world.agent("sync").returncode == 1
    all_agree(world, seats=SEATS + 20, left_out=DOUBLE[1:])


def foretold(planned: dict[str, Any], world: World) -> None:
    """What the plan said of each came true, to the person: p001 was the primary user already, and took no seat."""
    outcomes: dict[str, list[str]] = {}
    for change in planned["changes"]:
        outcomes.setdefault(change["then"], []).append(change["mail"].removesuffix("@customer.example"))
    active = accounts(world, UserStatus.ACTIVE)
    assert planned["seats"] == {
        "total": SEATS,
        "available": SEATS - 1,
        "waiting": 0,
        "asks_approval": False,
        "fills_automatically": False,
    }
    # Whom a directory takes over (R21) only the portal knows: the plan is by one person too careful here.
    assert outcomes["seated"] == active[: SEATS - 1]
    assert outcomes["waits"] == [*active[SEATS - 1 :], *waiting(world)]
    assert outcomes["inactive"] == list(DISABLED)
    assert (planned["would_be_seated"], planned["would_wait"]) == (SEATS - 1, PEOPLE - len(DOUBLE) - SEATS + 1)


def follow_while_it_runs(world: World) -> None:
    """Changes come over by themselves, and SIGTERM ends the agent well."""
    with running(world) as process:
        for number in range(301, 306):
            world.add(f"p{number}", world.inner[1])
        world.domain.change(world.people["p030"], sn="Married")
        until_agreed(world)
        world.domain.enable(world.people["p031"], False)
        until_agreed(world)
        world.domain.delete(world.people["p032"])
        world.domain.take_out(world.group, world.people["p033"])
        until_agreed(world)
        # Groups outside of the scope: who is in one, its name, a new one, and one that is gone.
        world.domain.put_in(world.outside, world.people["p034"], world.people["p036"])
        world.domain.take_out(world.outside, world.people["p035"])
        choir = world.domain.add_group("Chor", world.people["p036"])
        until_agreed(world)
        world.outside = world.domain.rename(world.outside, "Handball, 部")
        world.domain.delete(choir)
        until_agreed(world)
        assert "Handball, 部" in groups_in_portal(world)
        # The twin's address becomes free, so it comes in after all.
        world.domain.change(world.people["p001"], mail="other@customer.example")
        until_agreed(world, left_out=DOUBLE[1:])
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    all_agree(world, seats=SEATS + 20, left_out=DOUBLE[1:])


def survive_kill_and_cut(world: World) -> None:
    """kill -9 while people are being brought in, and either cable cut for a while."""
    left_out = DOUBLE[1:]
    entries = Entry.objects.filter(connector=world.connector)
    before = entries.count()
    for number in range(401, 521):
        world.add(f"p{number}", world.inner[0])
    with running(world) as process:
        deadline = time.monotonic() + 60
        while entries.count() < before + 20:
            assert time.monotonic() < deadline, "nobody comes in"
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    assert entries.count() < before + 120, "it was killed midway"
    with running(world) as process:
        until_agreed(world, left_out=left_out)
        all_agree(world, seats=SEATS + 20, left_out=left_out)

        for cable in (world.portal_wire, world.directory_wire):
            cable.cut()
            world.domain.change(world.people["p040"], sn=f"Cut {cable.port}")
            until_logged(world, "cannot be reached" if cable is world.portal_wire else "Can't contact LDAP server")
            assert not agrees(world, left_out=left_out)
            cable.mend()
            until_agreed(world, left_out=left_out)
        process.terminate()
        assert process.wait(20) == 0
    all_agree(world, seats=SEATS + 20, left_out=left_out)
