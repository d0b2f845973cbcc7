"""What the worker does by itself: try again, and forget."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from companies.partners.models import Partner
from licensing.bulk import begin
from licensing.bulk_plan import Wish, plan_bulk
from licensing.enums import BulkHow
from licensing.models import BulkChange, BulkLine
from portal.tasks import GrowingWaits, forget_bulk_changes, forget_imports, forget_sessions
from tests.factories import make_account, make_company, make_import, make_partner
from tests.working import work
from users.accounts.models import Account
from users.models import ImportRow, ImportRun
from users.people import Person

MINUTE = 60
AWAY = ConnectionRefusedError()


def wait_after(attempts: int, exception: BaseException) -> int | None:
    """Seconds until the next attempt, when so many were made before this one."""
    job = Job(id=1, queue="mail", lock=None, queueing_lock=None, task_name="send_mail", attempts=attempts)
    decision = GrowingWaits().get_retry_decision(exception=exception, job=job)
    if decision is None:
        return None
    assert decision.retry_at is not None
    return round((decision.retry_at - timezone.now()).total_seconds())


def test_a_mail_is_tried_eight_times_with_growing_waits() -> None:
    waits = [wait_after(attempts, AWAY) for attempts in range(8)]
    assert waits == [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 60 * MINUTE, 120 * MINUTE, 240 * MINUTE, None]


@pytest.mark.parametrize(
    ("exception", "again"),
    [
        (SMTPServerDisconnected("gone"), True),
        (SMTPRecipientsRefused({"a@partner.example": (450, b"later")}), True),
        (SMTPRecipientsRefused({"a@partner.example": (550, b"no"), "b@partner.example": (450, b"later")}), True),
        (SMTPRecipientsRefused({"a@partner.example": (550, b"no")}), False),
        (ValueError("no address"), False),
    ],
    ids=["disconnected", "busy", "one busy", "unknown", "no address"],
)
def test_what_cannot_succeed_is_not_tried_again(exception: Exception, again: bool) -> None:
    assert wait_after(0, exception) == (MINUTE if again else None)


def test_what_a_killed_worker_had_begun_begins_again(queued_mail: None, mailoutbox: list[object]) -> None:
    """The mail is at a worker that is gone: nobody else takes it, until the next five minutes are over."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    app.configure_task("retry_stalled").defer(timestamp=0)
    work()
    assert len(mailoutbox) == 1
    assert not ProcrastinateJob.objects.filter(task_name="send_mail").exists()


@pytest.mark.parametrize(("days", "left"), [(6, 1), (8, 0)])
def test_a_mail_that_failed_is_forgotten_after_a_week(queued_mail: None, days: int, left: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
        cursor.execute("UPDATE procrastinate_events SET at = now() - make_interval(days => %s)", [days])
    app.configure_task("forget_failed").defer(timestamp=0)
    work()
    assert ProcrastinateJob.objects.filter(task_name="send_mail").count() == left


@pytest.mark.django_db
def test_sessions_that_have_expired_are_forgotten() -> None:
    account = make_account(make_partner())
    now = timezone.now()
    for key, expires in (("old", now - timedelta(seconds=1)), ("new", now + timedelta(hours=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=expires)
        UserSession.objects.create(session_key=key, user=account, ip="192.0.2.1", user_agent="a browser")
    forget_sessions(timestamp=0)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
    assert list(UserSession.objects.values_list("session_key", flat=True)) == ["new"]


@pytest.mark.django_db
def test_files_of_all_partners_that_nobody_confirmed_are_forgotten() -> None:
    kept = []
    for name in ("Ours", "Theirs"):
        partner = make_partner(name)
        account = make_account(partner)
        old = _import(partner, account)
        kept.append(_import(partner, account))
        ImportRun.objects.filter(pk=old).update(expires_at=timezone.now())
    forget_imports(timestamp=0)
    assert list(ImportRun.objects.order_by("pk").values_list("pk", flat=True)) == kept
    assert list(ImportRow.objects.order_by("run").values_list("run", flat=True)) == kept


@pytest.mark.django_db
def test_bulk_changes_of_all_partners_are_forgotten_after_two_weeks() -> None:
    kept = []
    for name in ("Ours", "Theirs"):
        partner = make_partner(name)
        for days in (13, 15):
            company = make_company(partner)
            plan, _previews = plan_bulk(partner, [company.pk], wish=Wish(BulkHow.ADD, 1))
            bulk, _is_new = begin(plan, partner=partner, account=make_account(partner), all_or_nothing=True)
            BulkChange.objects.filter(pk=bulk.pk).update(created_at=timezone.now() - timedelta(days=days))
            kept += [bulk.pk] if days == 13 else []
    forget_bulk_changes(timestamp=0)
    assert list(BulkChange.objects.order_by("pk").values_list("pk", flat=True)) == kept
    assert sorted(BulkLine.objects.values_list("bulk_id", flat=True)) == kept


def _import(partner: Partner, account: Account) -> int:
    return make_import(make_company(partner), account, [Person("Ann", "Lee", "ann@customer.example")]).pk
