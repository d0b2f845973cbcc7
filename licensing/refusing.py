"""The database's last word, as a rule's refusal: asking first would let two at once both hear yes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from licensing.errors import Refusal


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that refused; empty where the database named none."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return (diagnosis and diagnosis.constraint_name) or ""


@contextmanager
def refusing(refusal: Refusal, *, constraint: str) -> Iterator[None]:
    """Raise `refusal` where `constraint` refuses what the block writes, which is undone then."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if constraint_of(error) == constraint:
            raise refusal from error
        raise
