"""The real queue. In other tests mail is in Django's outbox at once."""

from collections.abc import Iterator

import pytest
from django.core.mail import send_mail
from django.db import connection
from pytest_django import Settings


@pytest.fixture
def empty_queue(transactional_db: None) -> Iterator[None]:
    """What is committed to the queue stays there: Django empties the tables of its own models only."""
    _empty()
    yield
    _empty()


def _empty() -> None:
    with connection.cursor() as cursor:
        for table in ("procrastinate_periodic_defers", "procrastinate_jobs", "procrastinate_workers"):
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names


@pytest.fixture
def queued_mail(empty_queue: None, settings: Settings) -> None:
    """One mail waits; the worker puts it into Django's outbox."""
    settings.MAILERS = settings.MAILERS | {"default": {"BACKEND": "portal.mail.QueueBackend"}}
    send_mail("Hello", "Read this.", None, ["ann@partner.example"])
