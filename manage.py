#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL the commands run in demo mode, on the embedded PostgreSQL."""

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from portal import embedded

# These need no database, or (demo) see to it themselves.
_WITHOUT_DATABASE = frozenset(
    {
        "collectstatic",
        "compilemessages",
        "demo",
        "diffsettings",
        "findstatic",
        "help",
        "makemessages",
        "version",
    }
)


def main() -> None:
    """Run one command."""
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "help")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    # Commands are for whoever runs the installation: they connect as the owner of the tables. What serves does not: the
    # web server, and the worker.
    if command == "procrastinate":
        os.environ["PORTAL_SERVES"] = "1"
    elif os.environ.get("PORTAL_OWNER_URL"):
        os.environ["DATABASE_URL"] = os.environ["PORTAL_OWNER_URL"]
    if command == "demo" or not os.environ.get("DATABASE_URL"):
        os.environ.setdefault("PORTAL_MODE", "demo")
    # Leave through the blocks that stop what was started.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: sys.exit(128 + received))
    try:
        with _database(command):
            _execute()
    except embedded.EmbeddedError as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _database(command: str) -> AbstractContextManager[None]:
    own = os.environ.get("DATABASE_URL") or os.environ["PORTAL_MODE"] == "production"
    if own or command in _WITHOUT_DATABASE or {"-h", "--help", "--version"} & set(sys.argv):
        return nullcontext()
    return embedded.running(embedded.state_dir(Path(__file__).resolve().parent))


def _execute() -> None:
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
