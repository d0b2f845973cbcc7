"""The order of a person's names, which is one of the language that is read."""

from django.utils.translation import pgettext


def full_name(first: str, last: str) -> str:
    """Both names as they are read: "Ann Lee", in Japanese the last name before the first."""
    return (_order() % {"first": first, "last": last}).strip()


def is_last_first() -> bool:
    """Whether the last name comes first: such lists are in order by it, and forms ask for it first."""
    return _order().startswith("%(last)s")


def _order() -> str:
    return pgettext("order of a person's names", "%(first)s %(last)s")
