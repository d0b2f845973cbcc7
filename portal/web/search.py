"""Words that are looked for in what the database keeps folded: it folds them too, for its lower() is not Python's."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Func, Model, Q, QuerySet, Value
from django.db.models.functions import Lower
from django.utils.text import smart_split, unescape_string_literal

from portal.web.folding import Folded

_FOLDS: dict[str, type[Func]] = {"_norm__contains": Lower, "_sort__contains": Folded}
_QUOTES = ('"', "'")


def found[Row: Model](rows: QuerySet[Row], lookups: Iterable[str], text: str) -> QuerySet[Row]:
    """Those `rows` in which each word of `text` stands, by one of the `lookups`; words in quotes are one."""
    lookups = list(lookups)
    for word in map(_unquoted, smart_split(text)):
        rows = rows.filter(Q.create([(lookup, _value(lookup, word)) for lookup in lookups], connector=Q.OR))
    return rows


def _value(lookup: str, word: str) -> Any:
    for ending, fold in _FOLDS.items():
        if lookup.endswith(ending):
            return fold(Value(word))
    return word


def _unquoted(word: str) -> str:
    is_quoted = word.startswith(_QUOTES) and word[0] == word[-1]
    return unescape_string_literal(word) if is_quoted else word
