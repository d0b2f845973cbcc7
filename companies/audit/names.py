"""The names that the texts of events are made with: looked up when shown, for events keep ids only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import ngettext

from portal.web.texts import listed

type ById = Mapping[int, str]
type Text = Callable[[Mapping[str, Any], "Names"], str]
"""Makes the sentence of an act from its data."""

SHOWN = 5
"""So many are named in one line; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id, each sort by itself: the same number is a person here and an account there.

    What is not in it was erased, or is none of this reader's business.
    """

    people: ById = field(default_factory=dict)
    accounts: ById = field(default_factory=dict)
    invitations: ById = field(default_factory=dict)
    companies: ById = field(default_factory=dict)


def some_people(names: Sequence[str], *, of: int) -> str:
    """The first few names, and how many more people there are `of` all."""
    shown, more = listed(names[:SHOWN]), _more(names, of)
    text = ngettext("%(people)s and %(count)d more", "%(people)s and %(count)d more", more)
    return text % {"people": shown, "count": more} if more else shown


def some_companies(names: Sequence[str], *, of: int) -> str:
    """The first few names, and how many more companies there are `of` all."""
    shown, more = listed(names[:SHOWN]), _more(names, of)
    text = ngettext("%(companies)s and %(count)d more", "%(companies)s and %(count)d more", more)
    return text % {"companies": shown, "count": more} if more else shown


def _more(names: Sequence[str], of: int) -> int:
    return max(of - len(names[:SHOWN]), 0)
