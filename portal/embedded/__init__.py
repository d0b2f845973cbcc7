"""The embedded PostgreSQL: what the rest of the project calls.

Nothing here needs Django or starts a server, except `running`, which every process that uses the server enters.
The server listens on a Unix socket only, in a folder that nobody but its owner can enter.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.embedded.files import EmbeddedError, database, local_secret, not_writable, state_dir

__all__ = ["EmbeddedError", "database", "local_secret", "not_writable", "revive", "running", "state_dir"]


@contextmanager
def running(state: Path) -> Iterator[None]:
    """Use the server: started if it is down, shared if it is up, stopped by the last process that leaves.

    The database `portal` exists inside the block. Survives kill -9 of any process that uses it, and of the server.
    """
    if sys.platform == "win32":
        raise EmbeddedError("The embedded PostgreSQL runs on Linux and macOS only: set DATABASE_URL.")
    from portal.embedded.holders import held

    with held(state):
        yield


def revive(state: Path) -> None:
    """Inside `running`: start the server again if somebody killed it; costs next to nothing if not."""
    from portal.embedded import holders

    holders.revive(state)
