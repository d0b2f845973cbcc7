"""Outgoing mail: whoever sends one leaves a job in the open transaction, and a worker sends it (portal/tasks.py).

So a request that is taken back sends nothing, its answer waits for no mail server, and mail outlives one that is down.
"""

from collections.abc import Sequence
from email.utils import make_msgid, parseaddr
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from procrastinate.contrib.django import app

TASK = "send_mail"
QUEUE = "mail"
TRANSPORT = "transport"
"""The mailer in settings.MAILERS that really sends."""

type Mail = dict[str, Any]


class QueueBackend(BaseEmailBackend):
    """The mailer that everybody uses. Raises ValueError for a mail that could not be sent as it is."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            app.configure_task(TASK, queue=QUEUE).defer(mail=written_down(message))
        return len(email_messages)


def written_down(message: EmailMessage) -> Mail:
    """All of the message that a worker needs, as JSON. Files are refused: a job is no place to keep them."""
    if message.attachments:
        raise ValueError("a mail that waits for its worker carries no files")
    # Django refuses whatever would add a header; and every attempt to send it is the same mail, with the same number.
    built = message.message()
    headers = {"Date": str(built["Date"]), "Message-ID": make_msgid(domain=_domain_of(message.from_email))}
    alternatives = getattr(message, "alternatives", [])
    return {
        "subject": str(message.subject),
        "body": str(message.body),
        "subtype": message.content_subtype,
        "from_email": str(message.from_email),
        "to": [str(address) for address in message.to],
        "cc": [str(address) for address in message.cc],
        "bcc": [str(address) for address in message.bcc],
        "reply_to": [str(address) for address in message.reply_to],
        "headers": headers | {name: str(value) for name, value in message.extra_headers.items()},
        "alternatives": [[str(content), mimetype] for content, mimetype in alternatives],
    }


def _domain_of(sender: object) -> str | None:
    """Of the sender: this machine's name may mean nothing to who receives the mail. None: Python's choice."""
    return parseaddr(str(sender))[1].rpartition("@")[2] or None


def deliver(mail: Mail) -> None:
    """Send what was written down, now. Raises OSError when the mail server is not there or does not want it."""
    message = EmailMultiAlternatives(**{name: value for name, value in mail.items() if name != "subtype"})
    message.content_subtype = mail["subtype"]
    message.send(using=TRANSPORT)
