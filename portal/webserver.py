"""`python -m portal.webserver PORT`: the demo's web server, on this machine only.

Its standard input is a pipe that the demo holds open: when that ends, however the demo died, the server stops too.
"""

import os
import signal
import sys
import threading

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels


def _stop_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main(port: int) -> None:
    """Serve until told to stop, or until the process that started this one is gone."""
    threading.Thread(target=_stop_with_parent, daemon=True).start()
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
