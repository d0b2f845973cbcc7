"""`python .ci/with_postgres.py COMMAND…`: run a command with DATABASE_URL naming a real PostgreSQL."""

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from portal import embedded  # noqa: E402

state = embedded.state_dir(ROOT)
entry = embedded.database(state)
url = os.environ.get("DATABASE_URL")
with nullcontext() if url else embedded.running(state):
    url = url or f"postgres://{entry['USER']}@{quote(str(entry['HOST']), safe='')}:{entry['PORT']}/{entry['NAME']}"
    code = subprocess.run(sys.argv[1:], env=os.environ | {"DATABASE_URL": url}, check=False).returncode  # noqa: S603
sys.exit(code)
