"""`python -m portal.embedded_watch STATE_DIR DESCRIPTOR`: stops the embedded PostgreSQL when all its users are gone."""

import sys
from pathlib import Path

from portal.embedded_holders import watch

if __name__ == "__main__":
    watch(Path(sys.argv[1]), int(sys.argv[2]))
