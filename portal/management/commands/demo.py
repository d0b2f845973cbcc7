"""`manage.py demo`: everything on this machine, with one command."""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from types import FrameType
from typing import Any, cast

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from portal import demo_data, embedded, processes

PASSWORD = "demo-portal"  # noqa: S105 - printed for everybody to read
SIGN_INS = [
    ("admin@northwind.example", "Admin of the partner Northwind"),
    ("tech@northwind.example", "Technician"),
    ("billing@northwind.example", "Billing"),
    ("viewer@northwind.example", "Read-only"),
    ("admin@contoso.example", "Admin of another partner, Contoso"),
    ("support@portal.example", "Support staff: /admin/"),
]
_ADVICE = "choose another one: uv run manage.py demo --port 8001"
_SECONDS_TO_ANSWER = 120
# Any number, the same in every demo: two that start at once prepare one database one after the other.
_PREPARING = 7_620_031
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    """Start the database if need be, bring it up to date, load the demo data once, serve; Ctrl-C stops it all."""

    help = "Starts the whole portal on this machine, with demo data; Ctrl-C stops it."
    # Checks of generated columns ask the database for its version, and it is not up yet.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where to listen (default: 8000)")

    def handle(self, *, port: int, **_options: Any) -> None:
        check_port(port)
        with reserved(port):
            self._run(port)

    def _run(self, port: int) -> None:
        leave_once()
        if not os.environ.get("DATABASE_URL"):
            self._say("Starting PostgreSQL …")
        with nullcontext() if os.environ.get("DATABASE_URL") else embedded.running(settings.STATE_DIR):
            self._prepare()
            self._say("Starting the web server and the worker …")
            with (
                processes.running("portal.webserver", str(port)) as server,
                processes.running("portal.worker") as worker,
            ):
                wait_until_it_answers(server, port)
                self._welcome(port)
                self._stay({"web server": server, "worker": worker})

    def _prepare(self) -> None:
        with one_at_a_time():
            if os.environ.get("DATABASE_URL"):
                refuse_foreign_database()
            self._say("Bringing the database up to date …")
            self.check()
            try:
                call_command("migrate", interactive=False, verbosity=0)
            except DatabaseError as error:
                raise CommandError(
                    f"The database could not be brought up to date. {' '.join(str(error).split())}"
                ) from error
            refuse_unless_it_may_serve()
            demo_data.load(self._say)
        # Serving is the business of other processes: keep no connection open here.
        connection.close()
        cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS]).close_pool()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _welcome(self, port: int) -> None:
        width = max(len(email) for email, _ in SIGN_INS)
        sign_ins = "\n".join(f"  {email:<{width}}  {what}" for email, what in SIGN_INS)
        address = self.style.SUCCESS(f"http://localhost:{port}")
        self._say(f"\nThe portal is ready: {address}\n\nSign in (password {PASSWORD}):\n{sign_ins}\n")
        self._say(f"Mail is sent to nobody: it is printed here, and kept in {settings.STATE_DIR / 'mail'}.")
        self._say("Press Ctrl-C to stop.")

    def _stay(self, parts: dict[str, subprocess.Popen[bytes]]) -> None:
        """Until Ctrl-C; meanwhile the database is started again should somebody kill it."""
        try:
            while not (ended := [name for name, process in parts.items() if process.poll() is not None]):
                time.sleep(1)
                if not os.environ.get("DATABASE_URL"):
                    embedded.revive(settings.STATE_DIR)
        except KeyboardInterrupt:
            self._say("\nStopping …")
            return
        raise CommandError(f"The {ended[0]} stopped by itself; the lines above say why.")


def check_port(port: int) -> None:
    """Refuse a port that cannot be used, before anything is started."""
    if not 1 <= port <= 65535:
        raise CommandError(f"A port is a number from 1 to 65535, not {port}.")
    # What listens on the IPv6 side of "localhost" would answer the browser in our place.
    for address in ("127.0.0.1", "::1"):
        with suppress(OSError), socket.create_connection((address, port), timeout=1):
            raise CommandError(f"Port {port} is taken by another program: stop that, or {_ADVICE}")
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used ({error.strerror}): {_ADVICE}") from error


def refuse_foreign_database() -> None:
    """Refuse the database of a real system, before anything in it is changed."""
    try:
        demo_data.refuse_foreign_database()
    except demo_data.NotForDemo as error:
        raise CommandError(
            "The database that DATABASE_URL names is in use: the demo would add sign-ins whose password everybody "
            "knows. Name an empty database, or unset DATABASE_URL."
        ) from error


def refuse_unless_it_may_serve() -> None:
    """The web server gives up the powers of the role that DATABASE_URL names (companies/partners/scope.py)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, pg_has_role('portal_app', 'MEMBER')")
        role, may_serve = cursor.fetchone()
    if not may_serve:
        raise CommandError(f"The web server could not serve. Let a superuser run: GRANT portal_app TO {role}")


@contextmanager
def reserved(port: int) -> Iterator[None]:
    """Refuse a second demo on the same port while the first one is still preparing: the web server would share it."""
    try:
        lock = (settings.STATE_DIR / f"port-{port}.lock").open("w")
    except OSError as error:
        raise embedded.not_writable(settings.STATE_DIR, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"Another demo is using port {port}: stop that, or {_ADVICE}") from error
        yield


def leave_once() -> None:
    """Ctrl-C, a closed terminal and SIGTERM end the demo in one orderly way, which a second Ctrl-C does not disturb."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in _SIGNALS:
        signal.signal(number, leave)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for another demo that is preparing the same database."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [_PREPARING])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [_PREPARING])


def wait_until_it_answers(server: subprocess.Popen[bytes], port: int) -> None:
    """Return when the server answers /healthz; a server that ends or stays silent is an error."""
    deadline = time.monotonic() + _SECONDS_TO_ANSWER
    while server.poll() is None and time.monotonic() < deadline:
        if _healthy(port):
            return
        time.sleep(0.1)
    raise CommandError("The web server did not come up; the lines above say why.")


def _healthy(port: int) -> bool:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        client.request("GET", "/healthz")
        return client.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()
