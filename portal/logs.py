"""What the log must not hold."""

import logging
import re

# procrastinate writes a job as `name[12](argument=value, …)`; the values may hold anything, parentheses too.
_JOB = re.compile(r"([\w.]+\[(?:\d+|None)\])\(.*\)", re.DOTALL)


class WithoutArguments(logging.Filter):
    """Name a job without what it was given: mail holds links that open an account."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("procrastinate"):
            record.msg, record.args = _JOB.sub(r"\1", record.getMessage()), ()
        return True
