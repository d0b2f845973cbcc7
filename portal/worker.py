"""`python -m portal.worker`: the demo's worker, on this machine only (portal/processes.py).

For real it is `manage.py procrastinate worker` (docs/deploy.md), under something that starts it again.
"""

import asyncio
import os
import signal
import sys
import time

import django

from portal.processes import stop_with_parent

_SECONDS_BETWEEN = 1


def main() -> None:
    """Work until told to stop, or until the process that started this one is gone; outlive a lost database."""
    stop_with_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    # Settings give it the role that row-level security binds, like the web server's processes.
    os.environ["PORTAL_SERVES"] = "1"
    django.setup()

    from procrastinate.exceptions import ConnectorException

    from companies.partners.serving import check_at_start

    check_at_start()
    while True:
        try:
            asyncio.run(_work())
        except asyncio.CancelledError:
            return
        except ConnectorException as error:
            sys.stderr.write(f"The worker has no database: {error}\n")
        sys.stderr.write("The worker starts again.\n")
        time.sleep(_SECONDS_BETWEEN)


async def _work() -> None:
    """Work off the queue; told to stop, end what has begun and raise CancelledError."""
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in one
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    connector = app.connector
    assert isinstance(connector, DjangoConnector)  # noqa: S101 - its own settings say so
    with app.replace_connector(connector.get_worker_connector()):
        async with app.open_async():
            await app.run_worker_async(install_signal_handlers=False)


if __name__ == "__main__":
    main()
