"""The portal's settings in test mode; pytest-django reads them before any conftest.py could set the mode."""

import os

os.environ["PORTAL_MODE"] = "test"
# Playwright's sync API leaves an event loop running in the main thread, for the tests of all other kinds too.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

from portal.settings import *  # noqa: F403
