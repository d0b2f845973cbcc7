"""The names that the texts of events are made with: looked up when shown, for events keep ids only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
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


def some(names: Sequence[str], *, of: int) -> str:
    """The first few names, and how many more there are `of` all."""
    text = listed(names[:SHOWN])
    more = of - len(names[:SHOWN])
    if more <= 0:
        return text
    rest = ngettext("%(count)d more", "%(count)d more", more) % {"count": more}
    return _("%(people)s and %(rest)s") % {"people": text, "rest": rest}
