"""The order of a person's names, which is one of the language that is read."""

from django.utils.translation import pgettext

_FIRST, _LAST = "%(first)s", "%(last)s"


def full_name(first: str, last: str) -> str:
    """Both names as they are read: "Ann Lee", in Japanese the last name before the first."""
    pattern = pgettext("order of a person's names", "%(first)s %(last)s")
    return (pattern % {"first": first, "last": last}).strip()


def is_last_first() -> bool:
    """Whether the last name comes first: such lists are in order by it, and forms ask for it first."""
    pattern = pgettext("order of a person's names", "%(first)s %(last)s")
    return pattern.find(_LAST) < pattern.find(_FIRST)
