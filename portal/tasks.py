"""What the worker does: `manage.py procrastinate worker` (docs/deploy.md). It runs as portal_app, in no scope."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from portal.mail import QUEUE, TASK, Mail, deliver

WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240)]
"""Between the attempts to send a mail: eight of them, over almost eight hours."""


class GrowingWaits(BaseRetryStrategy):
    """Try again while the mail server is away or busy; not what it refuses for good, and not what is no mail."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if not isinstance(exception, OSError) or job.attempts >= len(WAITS) or is_final(exception):
            return None
        return RetryDecision(retry_in={"seconds": int(WAITS[job.attempts].total_seconds())})


def is_final(exception: OSError) -> bool:
    """Whether the server knows no such address: SMTP says so by a number of 500 or more for each."""
    return isinstance(exception, SMTPRecipientsRefused) and all(
        code >= 500 for code, _reason in exception.recipients.values()
    )


@app.task(name=TASK, queue=QUEUE, retry=GrowingWaits())
def send_mail(mail: Mail) -> None:
    """Send what `portal.mail` wrote down. A worker that dies at it sends it again: at least once, under one number."""
    deliver(mail)
