"""Who uses the embedded PostgreSQL: counted by file locks, so that the kernel keeps the count when a process dies.

Three locks in the state folder:
- `gate`: whoever starts or stops the server holds it meanwhile, so these never overlap.
- `holders`: shared by all processes that use the server. Whoever gets it exclusively, under the gate, was the last.
- `watch`: held by the watcher, a small process that stops the server when the last user was killed.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.embedded.files import make_state, not_writable
from portal.embedded.server import Server

_WATCHER_EXITS_WITHIN = 3.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def held(state: Path) -> Iterator[None]:
    """Hold the server for the length of the block; it is up, and ready, when the block begins."""
    make_state(state)
    holders = _open(state, "holders")
    try:
        try:
            with locked(state, "gate"), signals_wait():
                fcntl.flock(holders, fcntl.LOCK_SH)
                _ensure_watcher(state)
                Server(state).start()
            yield
        finally:
            _leave(state, holders)
    finally:
        os.close(holders)


def revive(state: Path) -> None:
    """Start the server again if somebody killed it. Only for a process that holds it."""
    if not Server(state).alive():
        with locked(state, "gate"):
            Server(state).start()


def watch(state: Path, mine: int) -> None:
    """Wait until nobody holds the server, then stop it. `mine` is the descriptor that holds the lock `watch`."""
    holders = _open(state, "holders")
    while True:
        fcntl.flock(holders, fcntl.LOCK_EX)
        # Let go before asking for the gate: who starts the server holds the gate while it waits for a shared lock.
        fcntl.flock(holders, fcntl.LOCK_UN)
        with locked(state, "gate"):
            if _try_exclusive(holders):
                Server(state).stop()
                # Under the gate, so that a process which starts the server now finds that it needs a new watcher.
                os.close(mine)
                return


@contextmanager
def locked(state: Path, name: str) -> Iterator[None]:
    """Hold one of the locks exclusively."""
    descriptor = _open(state, name)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def signals_wait() -> Iterator[None]:
    """Ctrl-C and the like take effect after the block: a server that is half started could not be found and stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    before = {number: signal.signal(number, lambda it, _frame: received.append(it)) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(signal.Signals(received[0]))


def _leave(state: Path, holders: int) -> None:
    with locked(state, "gate"), signals_wait():
        fcntl.flock(holders, fcntl.LOCK_UN)
        if not _try_exclusive(holders):
            return
        Server(state).stop()
        fcntl.flock(holders, fcntl.LOCK_UN)
    _await_watcher(state)


def _ensure_watcher(state: Path) -> None:
    """Start the watcher if there is none; the shell lets go of it, so that no process waits for it.

    It inherits the lock already taken, so there is no moment in which it runs unseen.
    """
    mine = _open(state, "watch")
    try:
        if not _try_exclusive(mine):
            return
        subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", '"$@" &', "sh", sys.executable, "-m", "portal.embedded.watch", str(state), str(mine)],
            cwd=Path(__file__).resolve().parent.parent.parent,
            pass_fds=[mine],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=True,
        )
    finally:
        os.close(mine)


def _await_watcher(state: Path) -> None:
    """The watcher ends by itself once nobody holds the server; give it a moment, so that nothing is left behind."""
    deadline = time.monotonic() + _WATCHER_EXITS_WITHIN
    while _watched(state) and time.monotonic() < deadline:
        time.sleep(0.01)


def _watched(state: Path) -> bool:
    descriptor = _open(state, "watch")
    try:
        return not _try_exclusive(descriptor)
    finally:
        os.close(descriptor)


def _open(state: Path, name: str) -> int:
    try:
        return os.open(state / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise not_writable(state, error) from error


def _try_exclusive(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
