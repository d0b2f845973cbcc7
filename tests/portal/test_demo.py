"""`manage.py demo`: everything with one command, and nothing of it left afterwards."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings
from django.core.management.base import CommandError
from pytest_django import Settings

from portal import embedded
from portal.embedded.server import Server
from portal.management.commands.demo import check_port, reserved

ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PORTAL_MODE"}
}


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """A state folder as in test_embedded.py; one for all tests here, so that the demo data is loaded once."""
    with TemporaryDirectory(prefix="portal-test-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "state"
        Server(Path(folder) / "state").stop()


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


type Demo = subprocess.Popen[str]


@pytest.fixture
def start(state: Path) -> Iterator[Callable[[int], Demo]]:
    """Start demos; those still there at the end are killed."""
    started: list[Demo] = []

    def demo(port: int) -> Demo:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(port)],
            cwd=settings.BASE_DIR,
            env=ENVIRONMENT | {"PORTAL_STATE_DIR": str(state)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield demo
    for process in started:
        process.kill()
        process.communicate()


def said(demo: Demo) -> list[str]:
    """What it prints until it waits for Ctrl-C, or ends."""
    assert demo.stdout
    lines: list[str] = []
    for line in demo.stdout:
        lines.append(line.rstrip("\n"))
        if line == "Press Ctrl-C to stop.\n":
            break
    return lines


def said_when_ready(demo: Demo) -> list[str]:
    """The same; a demo that ends instead is a failure, with its reason."""
    lines = said(demo)
    if lines[-1:] != ["Press Ctrl-C to stop."]:
        pytest.fail(f"{lines}\n{demo.communicate()[1]}")
    return lines


def status(port: int, path: str) -> int:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        client.request("GET", path, headers={"Host": f"localhost:{port}"})
        return client.getresponse().status
    finally:
        client.close()


def processes() -> Iterator[tuple[int, list[str], list[str]]]:
    """Number, command line and environment of each that runs; zombies have none."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = [(process / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ")]
        except OSError:
            continue
        command, environment = (text.split("\0") for text in words)
        yield int(process.name), command, environment


def left_running(*, state: Path, port: int) -> list[str]:
    """Command lines that name the state folder or the web server's port, and the workers of the state folder."""
    return [
        " ".join(command)
        for _number, command, environment in processes()
        if any(str(state) in word for word in command)
        or ("portal.webserver" in command and str(port) in command)
        or ("portal.worker" in command and f"PORTAL_STATE_DIR={state}" in environment)
    ]


def workers(state: Path) -> list[int]:
    """The workers of demos with this state folder."""
    return [
        number
        for number, command, environment in processes()
        if "portal.worker" in command and f"PORTAL_STATE_DIR={state}" in environment
    ]


def send_mail(state: Path, to: str) -> None:
    """Queue a mail, as the web server would."""
    subprocess.run(
        [sys.executable, "manage.py", "sendtestemail", to],
        cwd=settings.BASE_DIR,
        env=ENVIRONMENT | {"PORTAL_STATE_DIR": str(state)},
        check=True,
    )


def mails(state: Path, to: str) -> list[str]:
    """What the worker kept of the mails to that address, once there is one."""
    deadline = time.monotonic() + 60
    while not (found := sorted((state / "mail").glob(f"*-{to}.txt"))):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return [path.read_text() for path in found]


def assert_nothing_left(state: Path, port: int) -> None:
    deadline = time.monotonic() + 60
    while left_running(state=state, port=port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left_running(state=state, port=port) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_demo_serves_until_it_is_told_to_stop(
    start: Callable[[int], Demo], state: Path, port: int, stop: signal.Signals
) -> None:
    demo = start(port)
    lines = said_when_ready(demo)
    assert f"The portal is ready: http://localhost:{port}" in lines
    assert "  admin@northwind.example    Admin of the partner Northwind" in lines
    assert f"Mail is sent to nobody: it is printed here, and kept in {state / 'mail'}." in lines
    assert status(port, "/healthz") == 200
    assert status(port, "/readyz") == 200
    assert len(workers(state)) == 1
    demo.send_signal(stop)
    assert demo.wait(60) == 0
    assert left_running(state=state, port=port) == []
    assert_nothing_left(state, port)


def test_demo_that_is_killed_takes_everything_with_it(start: Callable[[int], Demo], state: Path, port: int) -> None:
    demo = start(port)
    said_when_ready(demo)
    assert status(port, "/healthz") == 200
    demo.kill()
    demo.wait()
    assert_nothing_left(state, port)


def test_demo_outlives_a_killed_database_and_ends_with_its_worker(
    start: Callable[[int], Demo], state: Path, port: int
) -> None:
    """Mail that is sent meanwhile ends as a file; without a worker it would wait for ever."""
    demo = start(port)
    said_when_ready(demo)
    os.kill(int((state / "postgres" / "postmaster.pid").read_text().split("\n")[0]), signal.SIGKILL)
    deadline = time.monotonic() + 60
    while status(port, "/readyz") != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    send_mail(state, "ann@customer.example")
    (text,) = mails(state, "ann@customer.example")
    assert "\nTo: ann@customer.example\nSubject: Test email from " in text
    assert demo.poll() is None
    (worker,) = workers(state)
    os.kill(worker, signal.SIGKILL)
    _output, errors = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert errors.endswith("CommandError: The worker stopped by itself; the lines above say why.\n")
    assert_nothing_left(state, port)


def test_port_that_is_taken_is_one_line_that_says_what_to_do(
    start: Callable[[int], Demo], state: Path, port: int
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        demo = start(port)
        output, errors = demo.communicate()
    assert demo.returncode == 1
    assert output == ""
    assert errors == (
        f"CommandError: Port {port} is taken by another program: stop that, or choose another one: "
        "uv run manage.py demo --port 8001\n"
    )
    assert left_running(state=state, port=port) == []


@pytest.mark.race
def test_two_demos_at_once_share_the_database_but_not_a_port(
    start: Callable[[int], Demo], state: Path, port: int
) -> None:
    first, second = start(port), start(port)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        other_port: int = probe.getsockname()[1]
    third = start(other_port)
    said_when_ready(third)
    refused, ready = sorted([said(first), said(second)], key=len)
    assert (refused, ready[-1]) == ([], "Press Ctrl-C to stop.")
    assert status(port, "/readyz") == status(other_port, "/readyz") == 200
    servers = [command for command in left_running(state=state, port=port) if "bin/postgres -D" in command]
    assert len(servers) == 1


def test_a_state_folder_that_cannot_be_written_is_one_line(tmp_path: Path, settings: Settings) -> None:
    settings.STATE_DIR = tmp_path / "gone"
    with pytest.raises(embedded.EmbeddedError, match=r"^Cannot write to .*: make it writable"), reserved(8000):
        pytest.fail("reserved nothing")


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(CommandError) as refused:
        check_port(port)
    assert str(refused.value) == f"A port is a number from 1 to 65535, not {port}."
