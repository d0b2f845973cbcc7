"""Outgoing mail: a job in the open transaction, which a worker sends."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from email.message import EmailMessage as Parsed
from email.utils import parseaddr
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, send_mail
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException
from pytest_django import Settings

from companies.partners.scope import enter_viewer, partner_scope, sign_in_scope, support_scope
from portal.logs import WithoutArguments
from tests.factories import make_account, make_partner
from tests.served import database_url
from tests.working import free_port, mail_server, work

TABLES = ["procrastinate_events", "procrastinate_jobs", "procrastinate_periodic_defers", "procrastinate_workers"]
SCOPES = {"sign-in": sign_in_scope, "partner": partial(partner_scope, 1), "support": support_scope}
INSUFFICIENT_PRIVILEGE = "42501"

in_scopes = pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)


@pytest.fixture(autouse=True)
def port(settings: Settings) -> int:
    """The real queue, and where it sends to: in other tests mail is in Django's outbox at once."""
    number = free_port()
    smtp = {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {"host": "127.0.0.1", "port": number},
    }
    settings.MAILERS = {"default": {"BACKEND": "portal.mail.QueueBackend"}, "transport": smtp}
    return number


def write(*to: str) -> None:
    send_mail("Hello", "Read this.", None, to or ["ann@partner.example"])


def waiting() -> list[tuple[str, int]]:
    """The mails in the queue: how they stand, and how often they were tried."""
    return list(ProcrastinateJob.objects.filter(task_name="send_mail").order_by("pk").values_list("status", "attempts"))


def read(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT FROM {table}")


@pytest.mark.django_db
@in_scopes
def test_r23_in_a_scope_mail_can_be_queued_and_the_queue_not_be_read(
    scope: Callable[[], AbstractContextManager[None]],
) -> None:
    """R23: another partner's mail stands there."""
    with scope():
        write()
        for table in TABLES:
            with pytest.raises(ProgrammingError) as refused, transaction.atomic():
                read(table)
            assert refused.value.__cause__.sqlstate == INSUFFICIENT_PRIVILEGE  # type: ignore[union-attr]
    assert waiting() == [("todo", 0)]


@pytest.mark.django_db
@in_scopes
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT procrastinate_fetch_job_v2(NULL, 1)",
        "SELECT procrastinate_cancel_job_v1(1, false, true)",
        "SELECT procrastinate_defer_periodic_job_v2('q', NULL, NULL, 't', 0, '', 1, '{}')",
        "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('mail', 'send_mail')",
        "DELETE FROM procrastinate_jobs",
        "SELECT nextval('procrastinate_jobs_id_seq')",
    ],
)
def test_r23_in_a_scope_nothing_else_can_be_done_to_the_queue(
    scope: Callable[[], AbstractContextManager[None]], statement: str
) -> None:
    write()
    with pytest.raises(ProgrammingError) as refused, scope(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert refused.value.__cause__.sqlstate == INSUFFICIENT_PRIVILEGE  # type: ignore[union-attr]
    assert waiting() == [("todo", 0)]


@pytest.mark.django_db
def test_r25_who_only_views_sends_nothing() -> None:
    """R25: whoever views the portal as a partner does writes nothing but audit events."""
    with sign_in_scope():
        enter_viewer(1)
        with pytest.raises(ConnectorException) as refused, transaction.atomic():
            write()
    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
    assert waiting() == []


@pytest.mark.django_db
def test_what_a_visitor_asks_for_is_queued(client: Client) -> None:
    """Before a partner is known: the whole way from the form."""
    account = make_account(make_partner())
    assert client.post("/accounts/password/reset/", {"email": account.email}).status_code == 302
    (job,) = ProcrastinateJob.objects.all()
    assert job.args["mail"]["to"] == [account.email]
    assert client.post("/accounts/password/reset/", {"email": "nobody@partner.example"}).status_code == 302
    assert waiting() == [("todo", 0)]


def test_a_mail_is_there_when_the_transaction_is(empty_queue: None) -> None:
    with psycopg.connect(database_url(), autocommit=True) as other:
        with sign_in_scope():
            write()
            assert other.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)
        assert other.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (1,)


def test_what_is_taken_back_sends_nothing(empty_queue: None) -> None:
    with sign_in_scope():
        write()
        transaction.set_rollback(True)
    assert waiting() == []


def test_the_worker_sends_the_mail_and_forgets_it(empty_queue: None, port: int) -> None:
    write()
    with mail_server(port) as server:
        work()
    (mail,) = server.mails
    assert (mail["Subject"], mail["To"], mail["From"]) == (
        "Hello",
        "ann@partner.example",
        "Partner Portal <portal@portal.example>",
    )
    assert mail.get_content() == "Read this.\r\n"
    assert waiting() == []


def test_a_mail_arrives_as_it_was_written(empty_queue: None, port: int) -> None:
    message = EmailMultiAlternatives(
        "Grüße aus Köln",
        "Schöne Grüße",
        "Support <support@portal.example>",
        ["Ann Lee <ann@partner.example>"],
        cc=["cc@partner.example"],
        bcc=["bcc@partner.example"],
        reply_to=["answers@portal.example"],
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative("<p>Schöne Grüße</p>", "text/html")
    message.send()
    with mail_server(port) as server:
        work()
    (mail,) = server.mails
    assert server.envelopes[0].rcpt_tos == ["ann@partner.example", "cc@partner.example", "bcc@partner.example"]
    assert {name: mail[name] for name in ("Subject", "From", "To", "Cc", "Bcc", "Reply-To", "Auto-Submitted")} == {
        "Subject": "Grüße aus Köln",
        "From": "Support <support@portal.example>",
        "To": "Ann Lee <ann@partner.example>",
        "Cc": "cc@partner.example",
        "Bcc": None,
        "Reply-To": "answers@portal.example",
        "Auto-Submitted": "auto-generated",
    }
    assert [(part.get_content_type(), part.get_content()) for part in _parts(mail)] == [
        ("text/plain", "Schöne Grüße\r\n"),
        ("text/html", "<p>Schöne Grüße</p>\r\n"),
    ]


def _parts(mail: Parsed) -> list[Any]:
    return list(mail.iter_parts())


def test_a_server_that_is_down_loses_nothing(empty_queue: None, port: int) -> None:
    """What could not be sent waits a minute, then more; it is the same mail at each attempt."""
    write()
    work()
    job = ProcrastinateJob.objects.get(task_name="send_mail")
    assert (job.status, job.attempts) == ("todo", 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT scheduled_at - now() FROM procrastinate_jobs WHERE id = %s", [job.pk])
        assert 50 < cursor.fetchone()[0].total_seconds() <= 60
        work()
        assert waiting() == [("todo", 1)]
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id = %s", [job.pk])
    with mail_server(port) as server:
        work()
    (mail,) = server.mails
    assert mail["Message-ID"].endswith(f"@{parseaddr(mail['From'])[1].partition('@')[2]}>")
    assert (mail["Message-ID"], mail["Date"]) == (
        job.args["mail"]["headers"]["Message-ID"],
        job.args["mail"]["headers"]["Date"],
    )
    assert waiting() == []


@pytest.mark.parametrize(
    ("address", "after"), [("busy@partner.example", ("todo", 1)), ("nobody@partner.example", ("failed", 1))]
)
def test_what_the_server_refuses_for_good_is_not_tried_again(
    empty_queue: None, port: int, address: str, after: tuple[str, int]
) -> None:
    write(address)
    write("ann@partner.example")
    with mail_server(port) as server:
        work()
    assert [mail["To"] for mail in server.mails] == ["ann@partner.example"]
    assert waiting() == [after]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "Hello\nBcc: everybody@partner.example"},
        {"from_email": "portal@portal.example\nBcc: everybody@partner.example"},
        {"to": ["ann@partner.example\nBcc: everybody@partner.example"]},
        {"reply_to": ["ann@partner.example\r\nBcc: everybody@partner.example"]},
        {"headers": {"X-Name": "Ann\nBcc: everybody@partner.example"}},
    ],
    ids=lambda fields: str(next(iter(fields))),
)
def test_a_name_cannot_add_a_header(fields: dict[str, Any]) -> None:
    message = EmailMessage(**{"subject": "Hello", "to": ["ann@partner.example"]} | fields)
    with pytest.raises(ValueError, match="Header values may not contain linefeed"):
        message.send()
    assert waiting() == []


@pytest.mark.django_db
def test_files_are_refused() -> None:
    message = EmailMessage("Hello", to=["ann@partner.example"], attachments=[("a.txt", "a", "text/plain")])
    with pytest.raises(ValueError, match="a mail that waits for its worker carries no files"):
        message.send()
    assert waiting() == []


@pytest.mark.django_db
def test_in_the_demo_a_mail_is_a_file_and_is_printed(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mail"
    settings.MAILERS = {"default": {"BACKEND": "portal.demo_mail.FilesBackend", "OPTIONS": {"folder": folder}}}
    link = f"http://localhost:8000/accounts/password/reset/key/{'x' * 80}=/"
    send_mail("Grüße", link, None, ["../ann@partner.example"])
    (path,) = folder.iterdir()
    text = f"From: {settings.DEFAULT_FROM_EMAIL}\nTo: ../ann@partner.example\nSubject: Grüße\n\n{link}\n"
    assert path.name.endswith("-.._ann@partner.example.txt")
    assert path.read_text(encoding="utf-8") == text
    assert capsys.readouterr().out == f"\n--- Mail, kept as {path} ---\n{text}---\n"


@pytest.mark.parametrize(
    ("logger", "message", "written"),
    [
        (
            "procrastinate.worker",
            "Job send_mail[7](mail={'body': 'Dear (you),\nhttps://secret'}) ended with status: Error, lasted 0.1 s",
            "Job send_mail[7] ended with status: Error, lasted 0.1 s",
        ),
        ("procrastinate.periodic", "Periodic job tidy[None](timestamp=1) skipped", "Periodic job tidy[None] skipped"),
        ("portal", "names[1](of=others) stay", "names[1](of=others) stay"),
    ],
)
def test_the_log_holds_nothing_of_a_mail(logger: str, message: str, written: str) -> None:
    record = logging.LogRecord(logger, logging.INFO, __file__, 1, message, None, None)
    assert WithoutArguments().filter(record)
    assert record.getMessage() == written
