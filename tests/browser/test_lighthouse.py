"""The command of docs/lighthouse.py, as people run it: accessibility and best practices are 100."""

import os
import shutil
import subprocess
import sys

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.world import make_world
from tests.factories import PASSWORD


def test_accessibility_and_best_practices_are_full(live_server: LiveServer, chromium: str) -> None:
    if shutil.which("npm") is None:
        pytest.skip("Lighthouse needs Node 18.16 or newer with npm: `apt install nodejs npm`.")
    make_world()
    command = [sys.executable, "docs/lighthouse.py", live_server.url, "--judged-only"]
    command += ["--email", "ann@northwind.example", "--password", PASSWORD]
    run = subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=os.environ | {"CHROMIUM": chromium},
        capture_output=True,
        text=True,
        timeout=400,
    )
    lines = [line.split() for line in run.stdout.splitlines() if line]
    assert lines == [
        ["accessibility", "best-practices"],
        *([page, "100", "100"] for page in ("Home", "Companies", "Users", "Settings")),
    ], run.stdout + run.stderr
    assert run.returncode == 0, run.stderr
