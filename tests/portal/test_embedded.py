"""The embedded PostgreSQL: shared by all who use it, stopped by the last, whatever was killed before."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import LiteralString

import psycopg
import pytest
from django.conf import settings

from portal import embedded
from portal.embedded.files import socket_dir
from portal.embedded.server import Server

HOLD = """
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import LiteralString
from portal import embedded
with embedded.running(Path(sys.argv[1])):
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder of its own, whose server is gone afterwards whatever the test did.

    Not in pytest's folder: root's server runs as another user, who cannot reach into that.
    """
    with TemporaryDirectory(prefix="portal-test-") as folder:
        Path(folder).chmod(0o711)
        state = Path(folder) / "state"
        yield state
        Server(state).stop()


class Holder:
    """Another process that uses the server until it is told to leave, or killed."""

    def __init__(self, state: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(state)],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def is_up(self) -> bool:
        assert self.process.stdout
        return self.process.stdout.readline() == b"up\n"

    def leave(self) -> int:
        with self.process:  # closes the pipes, and waits
            pass
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.leave()


@pytest.fixture
def hold(state: Path) -> Iterator[Callable[[], Holder]]:
    """Start holders; those still there at the end are killed."""
    started: list[Holder] = []

    def start() -> Holder:
        started.append(Holder(state))
        return started[-1]

    yield start
    for holder in started:
        holder.kill()


def postmaster(state: Path) -> int:
    return int((state / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def connect(state: Path) -> psycopg.Connection:
    entry = embedded.database(state)
    return psycopg.connect(f"host={entry['HOST']} port={entry['PORT']} user={entry['USER']} dbname={entry['NAME']}")


def ask(state: Path, query: LiteralString) -> object:
    with connect(state) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def wait_until_stopped(state: Path) -> None:
    deadline = time.monotonic() + 20
    while Server(state).alive():
        assert time.monotonic() < deadline, "the server is still there"
        time.sleep(0.05)


def test_first_start_makes_a_utf8_database_that_only_its_owner_can_reach(state: Path) -> None:
    with embedded.running(state):
        assert ask(state, "show server_encoding") == "UTF8"
        assert (
            ask(state, "select concat(datlocprovider, datlocale) from pg_database where datname = 'portal'")
            == "bC.UTF-8"
        )
        assert ask(state, "show listen_addresses") == ""
        assert ask(state, "show fsync") == "on"
        assert socket_dir(state).stat().st_mode & 0o777 == 0o700
        assert (state / "postgres").stat().st_mode & 0o777 == 0o700


def test_last_one_out_stops_the_server_and_leaves_nothing_behind(state: Path) -> None:
    with embedded.running(state):
        first = postmaster(state)
        with embedded.running(state):
            assert postmaster(state) == first
        assert ask(state, "select 1") == 1
    assert not Server(state).alive()
    assert not socket_dir(state).exists()


def test_data_outlives_the_server(state: Path) -> None:
    with embedded.running(state), connect(state) as connection:
        connection.execute("create table kept as select 42 as number")
    with embedded.running(state):
        assert ask(state, "select number from kept") == 42


def test_server_that_was_killed_starts_again(state: Path, hold: Callable[[], Holder]) -> None:
    first = hold()
    assert first.is_up()
    killed = postmaster(state)
    os.kill(killed, signal.SIGKILL)
    with embedded.running(state):
        assert postmaster(state) != killed
        assert ask(state, "select 1") == 1
        assert first.leave() == 0
        assert ask(state, "select 1") == 1
    assert not Server(state).alive()


def test_holder_brings_a_killed_server_back(state: Path) -> None:
    with embedded.running(state):
        killed = postmaster(state)
        os.kill(killed, signal.SIGKILL)
        wait_until_stopped(state)
        embedded.revive(state)
        assert postmaster(state) != killed
        assert ask(state, "select 1") == 1


def test_number_of_a_killed_server_may_belong_to_another_program_now(state: Path) -> None:
    with embedded.running(state):
        pass
    lock = f"{os.getpid()}\n{state / 'postgres'}\n1700000000\n5432\n{socket_dir(state)}\n\n  1 1\nready\n"
    (state / "postgres" / "postmaster.pid").write_text(lock)
    with embedded.running(state):
        assert ask(state, "select 1") == 1


def test_server_stops_when_its_only_user_is_killed(state: Path, hold: Callable[[], Holder]) -> None:
    only = hold()
    assert only.is_up()
    only.kill()
    wait_until_stopped(state)
    with embedded.running(state):
        assert ask(state, "select 1") == 1


def test_killed_user_does_not_take_the_server_from_the_others(state: Path, hold: Callable[[], Holder]) -> None:
    first, second = hold(), hold()
    assert first.is_up()
    assert second.is_up()
    pid = postmaster(state)
    first.kill()
    time.sleep(0.5)
    assert postmaster(state) == pid
    assert ask(state, "select 1") == 1
    assert second.leave() == 0
    assert not Server(state).alive()


@pytest.mark.race
def test_many_starts_at_once_share_one_server(state: Path, hold: Callable[[], Holder]) -> None:
    racers = [hold() for _ in range(8)]
    assert [racer.is_up() for racer in racers] == [True] * 8
    log = (state / "postgres" / "server.log").read_text()
    assert len(re.findall("ready to accept connections", log)) == 1
    assert [racer.leave() for racer in racers] == [0] * 8
    assert not Server(state).alive()


def test_start_that_was_killed_half_way_does_not_spoil_the_next(state: Path) -> None:
    (state / "postgres.new").mkdir(parents=True)
    (state / "postgres.new" / "half-written").touch()
    with embedded.running(state):
        assert ask(state, "select 1") == 1


def test_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    state = tmp_path / "file" / "state"
    with pytest.raises(embedded.EmbeddedError) as refused, embedded.running(state):
        pass
    assert str(refused.value) == (
        f"Cannot write to {state} (Not a directory): make it writable, set PORTAL_STATE_DIR to another folder, "
        "or set DATABASE_URL to use a PostgreSQL of your own."
    )


def test_server_that_does_not_come_up_is_one_clear_line_with_its_reason(state: Path) -> None:
    with embedded.running(state):
        pass
    with (state / "postgres" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(embedded.EmbeddedError) as refused, embedded.running(state):
        pass
    text = str(refused.value)
    assert "\n" not in text
    assert 'unrecognized configuration parameter "no_such_setting"' in text
    assert "set DATABASE_URL" in text
    assert not Server(state).alive()


def _manage(command: str, state: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PORTAL_STATE_DIR": str(state), "PORTAL_MODE": "demo"}
    environment.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_manage_starts_what_a_command_needs_and_stops_it_again(state: Path) -> None:
    """The checks ask PostgreSQL for its version."""
    ran = _manage("check", state)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("System check identified no issues")
    assert not Server(state).alive()


def test_manage_prints_one_line_and_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = _manage("migrate", tmp_path / "file" / "state")
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert re.fullmatch(r"Error: Cannot write to .*\n", ran.stderr)


def test_long_and_odd_folder_names_work(state: Path) -> None:
    odd = state / ("it's, “so” long " * 12)
    with embedded.running(odd):
        assert ask(odd, "select 1") == 1
    assert not Server(odd).alive()


def test_secret_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    key = embedded.local_secret(tmp_path / "state")
    assert len(key) >= 50
    assert embedded.local_secret(tmp_path / "state") == key
    assert (tmp_path / "state" / "secret-key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["secret-key"]
