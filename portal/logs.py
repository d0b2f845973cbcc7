"""What the log must not hold."""

import logging
import re

# procrastinate writes a job as `name[12](argument=value, …)`; the values may hold anything, parentheses too.
_JOB = re.compile(r"([\w.]+\[(?:\d+|None)\])\(.*\)", re.DOTALL)
# The addresses in invitations and in mails that reset a password, up to the part that opens something.
_LINK = re.compile(r"(/accounts/(?:invitation|password/reset/key)/)[^/\s]+")


class WithoutArguments(logging.Filter):
    """Name a job without what it was given: mail holds links that open an account."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("procrastinate"):
            record.msg, record.args = _JOB.sub(r"\1", record.getMessage()), ()
        return True


class WithoutLinks(logging.Filter):
    """Name the page of a mail's link without its secret, which Django writes when such a page answers with an error.

    It may still be good: a page that was too busy is opened again.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if _LINK.search(message):
            record.msg, record.args = _LINK.sub(r"\1…", message), ()
        return True


class OneLineOfStrangers(logging.Filter):
    """A foreign host name and the like is one line, without a traceback: strangers send them by the thousand."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True
