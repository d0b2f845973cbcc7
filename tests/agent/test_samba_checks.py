"""What the agent's commands say, and with which code they end, between a real directory and a real portal."""

import json
import os
import pty
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal_agent.state import alone
from tests.agent.samba import Domain, make_certificates
from tests.agent.world import SEATS, World, in_portal, open_world
from users.directory.models import Connector

pytestmark = pytest.mark.django_db(transaction=True)


def test_commands_say_what_is_wrong_and_what_is_going_on(domain: Domain, tmp_path: Path) -> None:
    """One world for all, because it takes seconds to make."""
    with open_world(domain, tmp_path, people=3) as world:
        check_says_what_is_wrong(world)
        nothing_is_sent_by_what_fails(world)
        plan_is_a_table_for_people(world)
        a_terminal_shows_how_far_it_is(world)
        verbose_says_more(world)


@contextmanager
def configured(world: World, right: str, wrong: str) -> Iterator[None]:
    config = world.folder / "agent.toml"
    good = config.read_text()
    assert right in good
    config.write_text(good.replace(right, wrong))
    yield
    config.write_text(good)


def check_says_what_is_wrong(world: World) -> None:
    """One line each; what rests on something broken is not tried."""
    other = world.folder / "other"
    other.mkdir()
    strange = make_certificates(other, "127.0.0.1")
    host = world.domain.url.removeprefix("ldaps://")
    wrong = {
        "directory: certificate: not trusted": (f'"{world.domain.ca_file}"', f'"{strange}"'),
        "directory: group: There is no group Nowhere": ('"Portal"', '"Nowhere"'),
        "directory: sign-in: Nobody@AD.PORTAL.TEST cannot sign in": ("Administrator@", "Nobody@"),
        "directory: network: ": (str(world.directory_wire.port), "1"),
        "portal: network: ": (f":{world.portal_wire.port}", ":1"),
        # Something that speaks TLS, with a certificate of an authority that nobody knows.
        "portal: certificate: not trusted": (
            f"http://127.0.0.1:{world.portal_wire.port}",
            f"https://{host}:{world.directory_wire.port}",
        ),
        "portal: token: http": (f"{world.folder}/token", f"{world.folder}/password"),
    }
    for line, (right, false) in wrong.items():
        with configured(world, right, false):
            looked = world.agent("check")
        failed = [said for said in looked.stdout.splitlines() if said.startswith("FAIL")]
        assert [said.startswith(f"FAIL {line}") for said in failed] == [True], looked.stdout
        assert looked.returncode == (3 if line.startswith("directory") else 4)
    looked = world.agent("--json", "check")
    assert looked.returncode == 0
    said = {one["what"]: one["text"] for one in json.loads(looked.stdout)}
    assert list(said) == [
        "directory: network",
        "directory: certificate",
        "directory: sign-in",
        "directory: group",
        "portal: network",
        "portal: token",
        "portal: seats",
        "portal: Bulk",
    ]
    assert said["portal: seats"] == f"{SEATS - 1} of {SEATS} seats available, 0 in the waiting line"
    assert said["directory: group"].endswith(", 3 people")


def nothing_is_sent_by_what_fails(world: World) -> None:
    """`sync` ends with 3, 4 or 6."""
    with configured(world, "Administrator@", "Nobody@"):
        assert world.agent("sync").returncode == 3
    with configured(world, f"{world.folder}/token", f"{world.folder}/password"):
        assert world.agent("sync").returncode == 4
    with alone(world.folder / "state.db"):
        refused = world.agent("sync")
    assert refused.returncode == 6
    assert "Another portal-agent is at work" in refused.stderr
    (world.folder / "broken.db").write_text("no database at all" * 100)
    with configured(world, "state.db", "broken.db"):
        refused = world.agent("sync")
    assert refused.returncode == 6
    assert "broken.db cannot be used: file is not a database" in " ".join(refused.stderr.split())
    assert in_portal(world) == {}


def plan_is_a_table_for_people(world: World) -> None:
    Connector.objects.filter(pk=world.connector.pk).update(asks_approval=True)
    looked = world.agent("plan")
    Connector.objects.filter(pk=world.connector.pk).update(asks_approval=False)
    assert looked.returncode == 0, looked.stderr
    said = looked.stdout
    assert [line.count("waits for an approval") for line in said.splitlines() if "p00" in line] == [1, 1, 1]
    assert "3 people in the group; would be: 3 added." in said
    assert "Groups: 3 added." in said
    assert "Of those added and enabled, waits for an approval: 3." in said
    assert (
        f"{SEATS - 1} of {SEATS} seats available, 0 in the waiting line; whoever arrives waits for an approval." in said
    )
    assert "That is true of this moment (" in said
    assert in_portal(world) == {}


def a_terminal_shows_how_far_it_is(world: World) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(world.command("sync"), stdout=subprocess.DEVNULL, stderr=theirs, close_fds=True)
    os.close(theirs)
    shown: list[bytes] = []
    reader = threading.Thread(target=_read, args=[ours, shown])
    reader.start()
    assert process.wait(60) == 0
    reader.join(10)
    os.close(ours)
    text = b"".join(shown).decode()
    assert "Sending" in text
    assert "100%" in text
    assert len(in_portal(world)) == 3


def _read(terminal: int, shown: list[bytes]) -> None:
    try:
        while content := os.read(terminal, 4096):
            shown.append(content)
    except OSError:
        pass  # the other end is closed


def verbose_says_more(world: World) -> None:
    world.domain.change(world.people["p001"], sn="Verbose")
    quiet, loud = world.agent("plan").stderr, world.agent("--verbose", "sync").stderr
    assert quiet == ""
    for text in ("Directory: 3 entries", "Portal: POST /Bulk: 200", "Portal: GET /Users?count=0: 200"):
        assert f"DEBUG {text}" in loud
    assert (world.folder / "token").read_text() not in loud
