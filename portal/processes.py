"""Processes that the demo starts, and that never outlive it.

The standard input of each is a pipe that the demo holds open: when that ends, however the demo died, the process stops.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SECONDS_TO_STOP = 10


@contextmanager
def running(module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m module` in a process group of its own (Ctrl-C is ours to handle), and leave none of it behind."""
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", module, *arguments],
        cwd=Path(__file__).resolve().parent.parent,
        stdin=subprocess.PIPE,
        process_group=0,
    )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS_TO_STOP)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdin:
            process.stdin.close()


def stop_with_parent() -> None:
    """From now on this process gets a SIGTERM when the one that started it is gone."""
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
