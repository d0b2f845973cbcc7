"""A real Active Directory, the agent as it is installed, the portal as it is served, and whether they agree."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from companies.models import Company
from licensing.enums import Tier
from licensing.reconciliation import reconcile
from tests.agent.samba import PASSWORD, Domain
from tests.agent.wire import Wire, wire
from tests.factories import make_company
from tests.served import server
from tests.users.scim.client import ENTERPRISE
from users.directory.enums import ConnectorKind
from users.directory.models import Connector, Entry, Group
from users.directory.rules import add_connector
from users.enums import UserStatus
from users.models import User

PEOPLE = 300
SEATS = 250
NAMES = [("Zoë", "Müßig"), ("太郎", "山田"), ("Åsa", "Øvergård"), ("Łukasz", "Żółć"), ("Anna", "Berg")]
DOUBLE = ("p041", "p042", "p043")
"""They have the e-mail of p001, p002 and p003."""
DISABLED = tuple(f"p{number:03}" for number in (20, 60, 100, 140, 180, 220, 260))


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
    outside: str
    people: dict[str, str] = field(default_factory=dict)

    def agent(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        wide = os.environ | {"COLUMNS": "200"}
        command = self.command(*arguments)
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=wide)

    def command(self, *arguments: str) -> list[str]:
        config = str(self.folder / "agent.toml")
        return [sys.executable, "-m", "portal_agent.cli", "--config", config, *arguments]

    def add(self, account: str, group: str, **attributes: Any) -> None:
        """A new person, put in the group, if one is given."""
        number = int(account[1:])
        first, last = NAMES[number % len(NAMES)]
        said = {"givenName": first, "sn": f"{last} {number}", "mail": f"{account}@customer.example"}
        said |= {"department": f"{account[-1]}. Abteilung"} | attributes
        self.people[account] = self.domain.add_user(account, enabled=account not in DISABLED, **said)
        if group:
            self.domain.put_in(group, self.people[account])


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
        outside = domain.add_group("Fußball 部")
        world = World(domain, company, connector, folder, portal_wire, directory_wire, group, inner, outside)
        for number in range(1, people + 1):
            account = f"p{number:03}"
            twin = {"mail": f"p{number - 40:03}@customer.example"} if account in DOUBLE else {}
            world.add(account, "", **twin)
        for number, some in enumerate([group, *inner]):
            domain.put_in(some, *[dn for account, dn in world.people.items() if int(account[1:]) % 3 == number])
        domain.put_in(outside, *[dn for account, dn in world.people.items() if int(account[1:]) % 7 == 0])
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

type Said = tuple[str, str, str, str, str, bool]
"""Account, mail, first and last name, department; and whether they are enabled."""


def in_directory(world: World) -> dict[str, Said]:
    """Whoever is in the group by its members, and theirs, or by primary group, by externalId."""
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


def _said(entry: dict[str, list[bytes]]) -> tuple[str, Said]:
    said = {name: values[0] for name, values in entry.items()}
    texts = [said.get(name, b"").decode() for name in ("userPrincipalName", "mail", "givenName", "sn", "department")]
    enabled = not int(said["userAccountControl"]) & 2
    return str(uuid.UUID(bytes_le=said["objectGUID"])), (texts[0], texts[1], texts[2], texts[3], texts[4], enabled)


def in_portal(world: World) -> dict[str, Said]:
    """Whoever the connector has brought and who did not leave: the same of them."""
    entries = Entry.objects.filter(connector=world.connector, deleted_at=None, has_left=False).select_related("user")
    assert len({entry.external_id for entry in entries}) == len(entries)
    return {
        entry.external_id: (
            entry.user_name,
            entry.user.email,
            entry.user.first_name,
            entry.user.last_name,
            entry.attributes.get(ENTERPRISE, {}).get("department", ""),
            entry.active,
        )
        for entry in entries
    }


def groups_in_directory(world: World) -> dict[str, set[str]]:
    """Every group with somebody in it whom the connector has brought, in the scope or not: its name, and who."""
    entries = world.domain.everything()
    names = {dn: _said(entry)[1][0] for dn, entry in entries.items() if b"user" in entry["objectClass"]}
    brought = {said[0] for said in in_portal(world).values()}
    groups = {
        entry["cn"][0].decode(): {names[dn] for name in entry.get("member", []) if (dn := name.decode()) in names}
        for entry in world.domain.groups()
    }
    return {name: members & brought for name, members in groups.items() if members & brought}


def groups_in_portal(world: World) -> dict[str, set[str]]:
    """Every group that the connector has brought, and who is in it."""
    entries = Entry.objects.filter(connector=world.connector, deleted_at=None)
    names = {str(entry.scim_id): entry.user_name for entry in entries}
    groups = Group.objects.filter(connector=world.connector)
    assert len({group.external_id for group in groups}) == len(groups)
    return {group.display_name: {names[one["value"]] for one in group.members} for group in groups}


def agrees(world: World, *, left_out: tuple[str, ...] = DOUBLE) -> bool:
    double = {f"{account}@ad.portal.test" for account in left_out}
    there = {guid: said for guid, said in in_directory(world).items() if said[0] not in double}
    return there == in_portal(world) and groups_in_directory(world) == groups_in_portal(world)


def all_agree(world: World, *, seats: int, left_out: tuple[str, ...] = DOUBLE) -> None:
    """Directory, portal and reconcile, to the person; nobody is in a seat beyond the pool."""
    double = {f"{account}@ad.portal.test" for account in left_out}
    there = {guid: said for guid, said in in_directory(world).items() if said[0] not in double}
    assert in_portal(world) == there
    assert groups_in_portal(world) == groups_in_directory(world)
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


def until_logged(world: World, text: str) -> None:
    deadline = time.monotonic() + 60
    while text not in " ".join((world.folder / "run.log").read_text().split()):
        assert time.monotonic() < deadline, f"the agent does not say {text!r}"
        time.sleep(0.1)
