"""The whole way: people in a real Active Directory, the agent as it is installed, the portal as it is served.

After each step the directory, the portal and `reconcile` agree, to the person.
"""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from companies.models import Company
from licensing.approvals import approve_next
from licensing.enums import Tier
from licensing.pools import change_license
from licensing.reconciliation import reconcile
from tests.agent.samba import PASSWORD, Domain, domain_controller, make_certificates
from tests.agent.wire import Wire, wire
from tests.factories import make_company
from tests.served import server
from users.directory.enums import ConnectorKind
from users.directory.models import Connector, Entry
from users.directory.rules import add_connector
from users.enums import UserStatus
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 300
SEATS = 250
NAMES = [("Zoë", "Müßig"), ("太郎", "山田"), ("Åsa", "Øvergård"), ("Łukasz", "Żółć"), ("Anna", "Berg")]
DOUBLE = ("p041", "p042", "p043")
"""They have the e-mail of p001, p002 and p003."""
DISABLED = tuple(f"p{number:03}" for number in (20, 60, 100, 140, 180, 220, 260))


@pytest.fixture(scope="session")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Domain]:
    with domain_controller(tmp_path_factory.mktemp("samba")) as running:
        yield running


@dataclass
class World:
    """The three of them, and hands on the directory. `people` are accounts and where they are: their DN."""

    domain: Domain
    company: Company
    connector: Connector
    folder: Path
    portal_wire: Wire
    directory_wire: Wire
    group: str
    inner: list[str]
    people: dict[str, str] = field(default_factory=dict)

    def agent(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=120, check=False)

    def command(self, *arguments: str) -> list[str]:
        config = str(self.folder / "agent.toml")
        return [sys.executable, "-m", "portal_agent.cli", "--config", config, *arguments]

    def add(self, account: str, group: str, **attributes: Any) -> None:
        """A new person, put in the group, if one is given."""
        number = int(account[1:])
        first, last = NAMES[number % len(NAMES)]
        said = {"givenName": first, "sn": f"{last} {number}", "mail": f"{account}@customer.example"} | attributes
        self.people[account] = self.domain.add_user(account, enabled=account not in DISABLED, **said)
        if group:
            self.domain.put_in(group, self.people[account])


@pytest.fixture
def world(domain: Domain, tmp_path: Path) -> Iterator[World]:
    with open_world(domain, tmp_path, people=PEOPLE) as opened:
        yield opened


@contextmanager
def open_world(domain: Domain, folder: Path, *, people: int) -> Iterator[World]:
    """250 seats; so many people in a group, and in groups in it. p001 is the primary user."""
    company = make_company(seats=SEATS, tier=Tier.ADVANCED)
    User.objects.filter(company=company).update(email="p001@customer.example")
    connector, token = add_connector(company, kind=ConnectorKind.ACTIVE_DIRECTORY, name="Head office", by=None)
    (folder / "token").write_text(token)
    (folder / "password").write_text(PASSWORD)
    host = domain.url.removeprefix("ldaps://")
    with (
        server(threads=2, PORTAL_SCIM_REQUESTS="1000", PORTAL_SCIM_BURST="5000") as port,
        wire("127.0.0.1", ("127.0.0.1", port)) as portal_wire,
        wire(host, (host, 636)) as directory_wire,
    ):
        domain.start_over()
        innermost = domain.add_group("EMEA")
        inner = [domain.add_group("Sales", innermost), innermost]
        group = domain.add_group("Portal", inner[0])
        world = World(domain, company, connector, folder, portal_wire, directory_wire, group, inner)
        for number in range(1, people + 1):
            account = f"p{number:03}"
            twin = {"mail": f"p{number - 40:03}@customer.example"} if account in DOUBLE else {}
            world.add(account, "", **twin)
        for number, some in enumerate([group, *inner]):
            domain.put_in(some, *[dn for account, dn in world.people.items() if int(account[1:]) % 3 == number])
        domain.make_primary(inner[1], world.people[f"p{people - people % 3 - 1:03}"])
        configure(world, host)
        yield world


def configure(world: World, host: str) -> None:
    (world.folder / "agent.toml").write_text(f"""
        [portal]
        url = "http://127.0.0.1:{world.portal_wire.port}/scim/v2"
        token_file = "{world.folder}/token"
        operations = 50
        attempts = 3
        [directory]
        url = "ldaps://{host}:{world.directory_wire.port}"
        bind = "Administrator@AD.PORTAL.TEST"
        password_file = "{world.folder}/password"
        ca_file = "{world.domain.ca_file}"
        group = "Portal"
        page_size = 50
        [run]
        poll_seconds = 1
        [state]
        file = "{world.folder}/state.db"
    """)


# What the two sides say, each asked without the agent


def in_directory(world: World) -> dict[str, tuple[str, str, str, str, bool]]:
    """Whoever is in the group by its members, and theirs, or by primary group: externalId -> account, mail, names,
    enabled."""
    entries = world.domain.everything()
    groups, todo = {world.group}, [world.group]
    people: set[str] = set()
    while todo:
        members = {name.decode() for name in entries[todo.pop()].get("member", [])}
        inner = members & set(world.inner)
        todo += inner - groups
        groups |= inner
        people |= members - inner
    primary = {int.from_bytes(entries[group]["objectSid"][0][-4:], "little") for group in groups}
    people |= {dn for dn, entry in entries.items() if int(entry.get("primaryGroupID", [b"0"])[0]) in primary}
    return dict(_said(entries[dn]) for dn in people)


def _said(entry: dict[str, list[bytes]]) -> tuple[str, tuple[str, str, str, str, bool]]:
    said = {name: values[0] for name, values in entry.items()}
    texts = [said.get(name, b"").decode() for name in ("userPrincipalName", "mail", "givenName", "sn")]
    enabled = not int(said["userAccountControl"]) & 2
    return str(uuid.UUID(bytes_le=said["objectGUID"])), (texts[0], texts[1], texts[2], texts[3], enabled)


def in_portal(world: World) -> dict[str, tuple[str, str, str, str, bool]]:
    """Whoever the connector has brought and who did not leave: the same of them."""
    entries = Entry.objects.filter(connector=world.connector, deleted_at=None, has_left=False).select_related("user")
    assert len({entry.external_id for entry in entries}) == len(entries)
    return {
        entry.external_id: (
            entry.user_name,
            entry.user.email,
            entry.user.first_name,
            entry.user.last_name,
            entry.active,
        )
        for entry in entries
    }


def agrees(world: World, *, left_out: tuple[str, ...] = DOUBLE) -> bool:
    double = {f"{account}@ad.portal.test" for account in left_out}
    there = {guid: said for guid, said in in_directory(world).items() if said[0] not in double}
    return there == in_portal(world)


def all_agree(world: World, *, seats: int, left_out: tuple[str, ...] = DOUBLE) -> None:
    """Directory, portal and reconcile, to the person; nobody is in a seat beyond the pool."""
    double = {f"{account}@ad.portal.test" for account in left_out}
    there = {guid: said for guid, said in in_directory(world).items() if said[0] not in double}
    assert in_portal(world) == there
    world.company.refresh_from_db()
    assert (world.company.seats, world.company.seats_used) == (seats, len(holders(world)))
    assert reconcile().findings == ()


def holders(world: World) -> list[str]:
    return accounts(world, UserStatus.ACTIVE, UserStatus.DISABLED)


def accounts(world: World, *statuses: UserStatus) -> list[str]:
    """Account names of the company's users with one of these statuses, sorted."""
    emails = User.objects.of_company(world.company).filter(status__in=statuses).values_list("email", flat=True)
    return sorted(email.removesuffix("@customer.example") for email in emails)


def waiting(world: World) -> list[str]:
    emails = User.objects.of_company(world.company).in_line().values_list("email", flat=True)
    return [email.removesuffix("@customer.example") for email in emails]


def until_agreed(world: World, *, left_out: tuple[str, ...] = DOUBLE) -> None:
    deadline = time.monotonic() + 60
    while not agrees(world, left_out=left_out):
        assert time.monotonic() < deadline, "the agent does not bring it over"
        time.sleep(0.2)


@contextmanager
def running(world: World) -> Iterator[subprocess.Popen[str]]:
    """`portal-agent run`, whose log goes to a file."""
    with (world.folder / "run.log").open("a") as log:
        process = subprocess.Popen(world.command("run"), stdout=log, stderr=log, text=True)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def test_people_come_from_active_directory_and_follow_it(world: World) -> None:
    # Look before anything happens.
    looked = world.agent("check")
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert f"{PEOPLE} people" in looked.stdout
    looked = world.agent("--json", "plan")
    assert looked.returncode == 1, looked.stderr
    planned = json.loads(looked.stdout)
    assert (planned["people"], planned["counts"]["added"]) == (PEOPLE, PEOPLE - len(DOUBLE))
    assert in_portal(world) == {}

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


def until_logged(world: World, text: str) -> None:
    deadline = time.monotonic() + 60
    while text not in " ".join((world.folder / "run.log").read_text().split()):
        assert time.monotonic() < deadline, f"the agent does not say {text!r}"
        time.sleep(0.1)


def test_check_says_what_is_wrong(domain: Domain, tmp_path: Path) -> None:
    """One line each; what rests on something broken is not tried."""
    with open_world(domain, tmp_path, people=3) as world:
        try_check(world)


def try_check(world: World) -> None:
    config = world.folder / "agent.toml"
    good = config.read_text()
    other = world.folder / "other"
    other.mkdir()
    strange = make_certificates(other, "127.0.0.1")
    wrong = {
        "directory: certificate: not trusted": (f'"{world.domain.ca_file}"', f'"{strange}"'),
        "directory: group: There is no group Nowhere": ('"Portal"', '"Nowhere"'),
        "directory: sign-in: Nobody@AD.PORTAL.TEST cannot sign in": ("Administrator@", "Nobody@"),
        "directory: network: ": (str(world.directory_wire.port), "1"),
        "portal: network: ": (f":{world.portal_wire.port}", ":1"),
        "portal: token: http": (f"{world.folder}/token", f"{world.folder}/password"),
    }
    for line, (right, false) in wrong.items():
        config.write_text(good.replace(right, false))
        looked = world.agent("check")
        failed = [said for said in looked.stdout.splitlines() if said.startswith("FAIL")]
        assert [said.startswith(f"FAIL {line}") for said in failed] == [True], looked.stdout
        assert looked.returncode == (3 if line.startswith("directory") else 4)
    config.write_text(good)
