"""`python -m portal.embedded.watch STATE_DIR DESCRIPTOR`: stops the embedded PostgreSQL when all its users are gone."""

import sys
from pathlib import Path

from portal.embedded.holders import watch

if __name__ == "__main__":
    watch(Path(sys.argv[1]), int(sys.argv[2]))
