"""`python -m portal.webserver PORT`: the demo's web server, on this machine only (portal/processes.py)."""

import os
import sys

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from portal.processes import stop_with_parent


def main(port: int) -> None:
    """Serve until told to stop, or until the process that started this one is gone."""
    stop_with_parent()
    Granian(
        "portal.wsgi:application",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=os.cpu_count() or 1,
        blocking_threads=2,
        log_level=LogLevels.error,
        workers_kill_timeout=5,
    ).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
