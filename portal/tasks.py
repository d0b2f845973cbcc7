"""What the worker does (docs/deploy.md).

It runs as portal_app, in no scope: a task opens one by name to see any rows (R23).
"""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from companies.partners.models import Partner
from companies.partners.scope import partner_scope, sign_in_scope
from licensing import bulk
from portal.mail import QUEUE, TASK, Mail, deliver
from users.accounts.once import forget_sent
from users.imports import running
from users.imports.drafts import drop_expired

WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240)]
"""Between the attempts to send a mail: eight of them, over almost eight hours."""

FAILED_KEPT_FOR = timedelta(days=7)
"""How long a mail that could not be sent stays for whoever runs the installation to see."""


class GrowingWaits(BaseRetryStrategy):
    """Try again while the mail server is away or busy; not what it refuses for good, and not what is no mail."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if not isinstance(exception, OSError) or job.attempts >= len(WAITS) or is_final(exception):
            return None
        return RetryDecision(retry_in={"seconds": int(WAITS[job.attempts].total_seconds())})


def is_final(exception: OSError) -> bool:
    """Whether the server knows none of the addresses: SMTP says so by a number of 500 or more for each."""
    return isinstance(exception, SMTPRecipientsRefused) and all(
        code >= 500 for code, _reason in exception.recipients.values()
    )


@app.task(name=TASK, queue=QUEUE, retry=GrowingWaits())
def send_mail(mail: Mail) -> None:
    """Send what `portal.mail` wrote down. A worker that dies at it sends it again: at least once, under one number."""
    deliver(mail)


@app.task(name=bulk.TASK, queue=bulk.QUEUE, retry=RetryStrategy(max_attempts=3, wait=10))
def change_licenses(partner_id: int, bulk_id: int) -> None:
    """Change the licenses of many companies as an Admin confirmed. Begun again, it goes on where it was."""
    bulk.work_off(partner_id, bulk_id)


@app.task(name=running.TASK, queue=running.QUEUE, retry=RetryStrategy(max_attempts=30, wait=10))
def import_people(partner_id: int, run_id: int) -> None:
    """Add the people of a file that somebody confirmed. Begun again, it goes on where it was."""
    running.work_off(partner_id, run_id)


@app.periodic(cron="*/5 * * * *")
@app.task(name="retry_stalled", queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Every five minutes: what a worker had begun when it was killed begins again."""
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs():
        await jobs.retry_job(job)


@app.periodic(cron="17 3 * * *")
@app.task(name="forget_failed", queueing_lock="forget_failed", pass_context=True)
async def forget_failed(context: JobContext, timestamp: int) -> None:
    """Every night: delete what failed for good a week ago. What went well was deleted at once."""
    hours = int(FAILED_KEPT_FOR.total_seconds() / 3600)
    await context.app.job_manager.delete_old_jobs(
        nb_hours=hours, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="27 3 * * *")
@app.task(name="forget_sessions", queueing_lock="forget_sessions")
def forget_sessions(timestamp: int) -> None:
    """Every night: delete the sessions that have expired, and from where they were used."""
    with sign_in_scope():
        call_command("clearsessions")
        UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


@app.periodic(cron="37 3 * * *")
@app.task(name="forget_imports", queueing_lock="forget_imports")
def forget_imports(timestamp: int) -> None:
    """Every night: delete the files of people that nobody confirmed within a day, and results after two weeks.

    Partner by partner, each in its own scope: support's sees every row, and is for people who signed in (R23).
    """
    for partner_id in _partners():
        with partner_scope(partner_id):
            drop_expired(partner_id)


@app.periodic(cron="37 3 * * *")
@app.task(name="forget_sent_forms", queueing_lock="forget_sent_forms")
def forget_sent_forms(timestamp: int) -> None:
    """Every night: delete what was noted of forms that nobody can send again. As above."""
    for partner_id in _partners():
        with partner_scope(partner_id):
            forget_sent(partner_id)


@app.periodic(cron="47 3 * * *")
@app.task(name="forget_bulk_changes", queueing_lock="forget_bulk_changes")
def forget_bulk_changes(timestamp: int) -> None:
    """Every night: delete what bulk changes did to each company two weeks ago; the ledger keeps it. As above."""
    for partner_id in _partners():
        with partner_scope(partner_id):
            bulk.forget_old(partner_id)


def _partners() -> list[int]:
    with sign_in_scope():
        return list(Partner.objects.order_by("pk").values_list("pk", flat=True))
