"""A worker for the queue of the test database, and a mail server for it to send to."""

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector


def work() -> None:
    """Work off all that waits, as `manage.py procrastinate worker --one-shot` would."""
    # In a thread: Playwright may have left a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(_work())).result(60)


async def _work() -> None:
    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    with app.replace_connector(connector.get_worker_connector()):
        async with app.open_async():
            await app.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)


class MailServer:
    """Keeps what it gets. An address that begins with `nobody` is unknown to it, one with `busy` has no room now."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.envelopes: list[Envelope] = []

    @property
    def mails(self) -> list[EmailMessage]:
        """What came, parsed."""
        return [_parsed(envelope) for envelope in self.envelopes]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such address"
        if address.startswith("busy"):
            return "450 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        return "250 OK"


def _parsed(envelope: Envelope) -> EmailMessage:
    content: Any = envelope.content
    return message_from_bytes(content, policy=policy.default)


@contextmanager
def mail_server(port: int) -> Iterator[MailServer]:
    """It listens on this machine, for as long as the block lasts."""
    server = MailServer(port)
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
