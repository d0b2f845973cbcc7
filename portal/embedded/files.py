"""Where the embedded PostgreSQL keeps its files on this machine; nothing here starts anything."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

SUPERUSER = "postgres"
DATABASE = "portal"
PORT = 5432


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be used; the text is one line that says what to do."""


def state_dir(base: Path) -> Path:
    """Where this machine's data lives: PORTAL_STATE_DIR, or `.portal` beside manage.py."""
    return Path(os.environ.get("PORTAL_STATE_DIR") or base / ".portal").expanduser().resolve()


def local_secret(state: Path) -> str:
    """A random key for this machine, made once and readable by its owner only."""
    path = state / "secret-key"
    try:
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise not_writable(state, error) from error


def database(state: Path) -> dict[str, object]:
    """The entry of Django's DATABASES for the embedded server."""
    return {"NAME": DATABASE, "USER": SUPERUSER, "HOST": str(socket_dir(state)), "PORT": PORT}


def socket_dir(state: Path) -> Path:
    """A short folder for the socket: its path may have 107 characters, and a clone can lie deeper than that.

    /tmp rather than $TMPDIR: processes with different environments must find the same server.
    """
    shared = Path("/tmp")  # noqa: S108 - the folder is made with mode 0700 and its owner is checked
    root = shared if shared.is_dir() else Path(tempfile.gettempdir())
    return root / f"portal-{hashlib.sha256(os.fsencode(state)).hexdigest()[:16]}"


def make_state(state: Path) -> None:
    """Create the folder. Others may pass through it (root's server runs as another user) but not list it."""
    try:
        state.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not os.access(state, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise not_writable(state, error) from error


def not_writable(state: Path, error: OSError) -> EmbeddedError:
    """One line for a folder that cannot be written to."""
    return EmbeddedError(
        f"Cannot write to {state} ({error.strerror}): make it writable, set PORTAL_STATE_DIR to another folder, "
        "or set DATABASE_URL to use a PostgreSQL of your own."
    )


def _write_once(path: Path, text: str) -> None:
    """Create `path` whole or not at all; of several processes at once, the first one wins."""
    make_state(path.parent)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first, and its key is the one to use
    finally:
        draft.unlink()
