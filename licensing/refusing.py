"""What others refuse, said as a rule's refusal: names that are none, and what the database does not take."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from licensing.errors import InvalidName, Refusal
from users.people import clean_name


def accepted_name(name: str, *, most: int) -> str:
    """The name of a company or connector, cleaned. Raises InvalidName with the code of what is wrong."""
    try:
        return clean_name(name, most=most)
    except ValidationError as error:
        raise InvalidName(error=str(error.code)) from error


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that refused; empty where the database named none."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return (diagnosis and diagnosis.constraint_name) or ""


@contextmanager
def refusing(refusal: Refusal, *, constraint: str) -> Iterator[None]:
    """Raise `refusal` where `constraint` refuses what the block writes, which is undone then.

    For names that must be unique: asking first would let two at once both hear yes.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if constraint_of(error) == constraint:
            raise refusal from error
        raise
