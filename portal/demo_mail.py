"""Where mail goes in the demo: nobody gets it, but whoever tries the portal can read it and follow its links."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class FilesBackend(BaseEmailBackend):
    """Each mail is a text file in the folder, and printed: as it is to be read, not as it would travel."""

    def __init__(self, *, folder: Path, **options: Any) -> None:
        super().__init__(**options)
        self.folder = folder

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            text = readable(message)
            path = self.folder / file_name(message)
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"\n--- Mail, kept as {path} ---\n{text}---\n")
            sys.stdout.flush()
        return len(email_messages)


def readable(message: EmailMessage) -> str:
    to = ", ".join(message.recipients())
    return f"From: {message.from_email}\nTo: {to}\nSubject: {message.subject}\n\n{str(message.body).rstrip()}\n"


def file_name(message: EmailMessage) -> str:
    """In order of sending, and for whom."""
    first = re.sub(r"[^\w.@+-]", "_", message.recipients()[0])[:60]
    return f"{timezone.now():%Y%m%d-%H%M%S-%f}-{first}.txt"
