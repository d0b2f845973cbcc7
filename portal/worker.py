"""`python -m portal.worker`: the demo's worker, on this machine only (portal/processes.py).

For real it is `manage.py procrastinate worker` (docs/deploy.md), under something that starts it again.
"""

import asyncio
import os
import signal
import threading
from contextlib import suppress

import django

from portal.processes import stop_with_parent

_SECONDS_BETWEEN = 1
_SECONDS_FOR_A_CONNECTION = 3


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
    told_to_stop = threading.Event()
    while not told_to_stop.is_set():
        with suppress(asyncio.CancelledError, ConnectorException):
            asyncio.run(_work(told_to_stop))
        # Without its database it ends by itself.
        told_to_stop.wait(_SECONDS_BETWEEN)


async def _work(told_to_stop: threading.Event) -> None:
    """Work off the queue; told to stop, end what has begun."""
    from procrastinate import PsycopgConnector
    from procrastinate.contrib.django import app, connector_params

    task = asyncio.current_task()

    def stop() -> None:
        told_to_stop.set()
        if task:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    # When the demo is killed, the database may be gone first.
    connector = PsycopgConnector(kwargs=connector_params(), min_size=1, timeout=_SECONDS_FOR_A_CONNECTION)
    with app.replace_connector(connector):
        async with app.open_async():
            await app.run_worker_async(install_signal_handlers=False)


if __name__ == "__main__":
    main()
