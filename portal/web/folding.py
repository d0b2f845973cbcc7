"""How names are compared and put in order: case and accents do not count."""

from django.db.models import Func, TextField

FOLDED_LENGTH = 200


def folded_field() -> "TextField[str, str]":
    """The type of a column that keeps a folded text: compared byte by byte, for not every server has ICU."""
    return TextField(db_collation="C")


class Folded(Func):
    """The text in SQL as names are sorted and searched: in lower case, without accents, of one width.

    "Ångström" stands with "angstrom", "Łódź" with "lodz", "Straße" with "strasse". Only the database folds, what is
    kept and what is searched for. At most FOLDED_LENGTH characters, which an index can hold.
    """

    arity = 1
    output_field = folded_field()
    template = (
        "left(replace(replace(replace(replace(translate(lower(regexp_replace(normalize(%(expressions)s, NFKD),"
        " '[\\u0300-\\u036f]', '', 'g')), 'øłđıð', 'oldid'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),"
        f" {FOLDED_LENGTH})"
    )
