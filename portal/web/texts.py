"""How texts are put beside each other, in the language that is read."""

from collections.abc import Iterable

from django.utils.translation import pgettext


def listed(parts: Iterable[str]) -> str:
    """Names or short texts, one after the other: "Ann, Bob"."""
    return pgettext("between the parts of a list", ", ").join(parts)


def listed_facts(parts: Iterable[str]) -> str:
    """Longer texts, which may hold commas: "2 policies are on; 1 connector exists"."""
    return pgettext("between the longer parts of a list", "; ").join(parts)


def together(*sentences: str) -> str:
    """Whole sentences, one after the other; those that are empty are left out."""
    return pgettext("between two sentences", " ").join(sentence for sentence in sentences if sentence)
