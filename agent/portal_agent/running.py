"""`portal-agent run`: keep the portal up to date until told to stop."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from portal_agent.errors import AgentError, ConfigError
from portal_agent.state import alone
from portal_agent.sync import Agent, Report

_LONGEST_PAUSE = 300.0

log = logging.getLogger(__name__)


class Stop:
    """Set by SIGTERM and SIGINT; whoever sleeps wakes up."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def listen(self) -> None:
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._event.set()

    def wait(self, seconds: float) -> None:
        self._event.wait(seconds)

    def is_set(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        self._event.set()


def run(
    agent: Agent,
    stop: Stop,
    *,
    state_file: Path,
    poll_seconds: float,
    full_seconds: float,
    tell: Callable[[Report], None],
) -> None:
    """A full pass at once and every `full_seconds`; between them, whatever the directory has changed since it was last
    looked at. Trouble is told once and tried again, later each time, until told to stop. Raises ConfigError only."""
    full_due = 0.0
    failures = 0
    said = ""
    while not stop.is_set():
        try:
            with alone(state_file):
                full = time.monotonic() >= full_due
                report = agent.full_pass() if full else agent.changes_pass()
        except ConfigError:
            raise
        except AgentError as error:
            failures += 1
            # The same again is no news.
            log.log(logging.ERROR if str(error) != said else logging.DEBUG, "%s", error)
            said = str(error)
        else:
            if said:
                log.warning("All is well again.")
            failures, said = 0, ""
            if full:
                full_due = time.monotonic() + full_seconds
            if report is not None:
                tell(report)
        stop.wait(min(_LONGEST_PAUSE, poll_seconds * 2 ** min(failures, 10)) if failures else poll_seconds)
