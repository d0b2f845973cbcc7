"""Outgoing mail: a job in the open transaction, which a worker sends."""

import pytest
from django.core.mail import send_mail
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def queue(settings: Settings) -> None:
    """The real queue: in tests mail is otherwise in Django's outbox at once."""
    settings.MAILERS = {**settings.MAILERS, "default": {"BACKEND": "portal.mail.QueueBackend"}}


def write() -> None:
    send_mail("Hello", "Read this.", None, ["ann@partner.example"])


def test_a_mail_is_a_job_in_the_open_transaction() -> None:
    write()
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.queue_name, job.status) == ("send_mail", "mail", "todo")
