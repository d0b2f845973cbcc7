"""Parts of statements: what SCIM can ask of one value, as SQL (RFC 7644, 3.4.2.2).

Every condition is true or false, never null, so that `not` means what it says. SQL is put together from the constants
of this package; names of attributes and values travel as parameters.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from scim2_models.path import CompareOperator, LogicalOperator

_ORDERS = {CompareOperator.gt: ">", CompareOperator.ge: ">=", CompareOperator.lt: "<", CompareOperator.le: "<="}


@dataclass(frozen=True, slots=True)
class Sql:
    """Part of a statement, and what stands for its placeholders."""

    text: str
    params: tuple[Any, ...] = ()


FALSE = Sql("false")
TRUE = Sql("true")


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a resource in SQL, null where there is none. `folded` is its lower(), kept by the database."""

    sql: Sql
    kind: str = "text"
    folded: Sql | None = None


def compared_texts(text: Sql, op: CompareOperator, expected: Sql) -> Sql:
    """Both are compared as they stand: whoever ignores case folds the two of them before."""
    known = expected.params
    if op == CompareOperator.co:
        return Sql(f"coalesce(position({expected.text} in {text.text}) > 0, false)", known + text.params)
    if op == CompareOperator.sw:
        return Sql(f"coalesce(starts_with({text.text}, {expected.text}), false)", text.params + known)
    if op == CompareOperator.ew:
        ending = f"right({text.text}, char_length({expected.text})) = {expected.text}"
        return Sql(f"coalesce({ending}, false)", text.params + known * 2)
    if op in _ORDERS:
        return Sql(f'coalesce({text.text} COLLATE "C" {_ORDERS[op]} {expected.text}, false)', text.params + known)
    return _equal(text, op, expected)


def compared_ids(value: Value, op: CompareOperator, expected: str) -> Sql:
    """An id is compared as it is written; for equality, the index is asked."""
    if op not in {CompareOperator.eq, CompareOperator.ne}:
        return compared_texts(Sql(f"{value.sql.text}::text", value.sql.params), op, Sql("%s::text", (expected,)))
    try:
        wanted = uuid.UUID(expected)
    except ValueError:
        wanted = None
    if wanted is None or str(wanted) != expected:
        return TRUE if op == CompareOperator.ne else FALSE
    return equal(value.sql, op, wanted)


def compared_with_null(value: Value, op: CompareOperator) -> Sql:
    """Only for equality can a value be missing; no order and no part of a text knows null."""
    if op == CompareOperator.eq:
        return Sql(f"{value.sql.text} IS NULL", value.sql.params)
    if op == CompareOperator.ne:
        return Sql(f"{value.sql.text} IS NOT NULL", value.sql.params)
    return FALSE


def ordered(value: Sql, op: CompareOperator, expected: Any) -> Sql:
    """A moment or a number, by its order; a missing value has no place in it."""
    if op in _ORDERS:
        return Sql(f"coalesce({value.text} {_ORDERS[op]} %s, false)", (*value.params, expected))
    return equal(value, op, expected)


def equal(value: Sql, op: CompareOperator, expected: Any) -> Sql:
    """The same or not, of anything that is no text."""
    return _equal(value, op, Sql("%s", (expected,)))


def _equal(value: Sql, op: CompareOperator, expected: Sql) -> Sql:
    """A bare `=`, which an index answers; a missing value is equal to nothing."""
    params = value.params + expected.params
    if op == CompareOperator.ne:
        return Sql(f"{value.text} IS DISTINCT FROM {expected.text}", params)
    if value.text.startswith("directory_"):
        return Sql(f"{value.text} = {expected.text}", params)
    return Sql(f"coalesce({value.text} = {expected.text}, false)", params)


def is_present(value: Value) -> Sql:
    """Whether there is a value; an empty text is none (RFC 7644, 3.4.2.2)."""
    if value.kind == "text":
        return Sql(f"coalesce({value.sql.text} <> '', false)", value.sql.params)
    return Sql(f"{value.sql.text} IS NOT NULL", value.sql.params)


def present_in(document: Sql, path: list[str]) -> Sql:
    """Some text, number or boolean at or below the path, that is not an empty string."""
    place = f"({document.text} #> %s::text[])"
    return Sql(
        f"jsonb_path_exists(coalesce({place}, 'null'), 'strict $.** ? (@ == true || @ == false || @ < 0 || @ >= 0"
        ' || (@ starts with "" && @ != ""))\')',
        (*document.params, path),
    )


def negated(condition: Sql) -> Sql:
    """The other one of true and false."""
    return Sql(f"NOT ({condition.text})", condition.params)


def joined(op: LogicalOperator, conditions: list[Sql]) -> Sql:
    """All of the conditions, or one of them."""
    joiner = " AND " if op == LogicalOperator.and_ else " OR "
    text = joiner.join(f"({condition.text})" for condition in conditions)
    return Sql(text, tuple(param for condition in conditions for param in condition.params))


def text_at(document: Sql, path: list[str]) -> Sql:
    """What stands at `path` in a JSON document, as text; null where nothing does."""
    return Sql(f"({document.text} #>> %s::text[])", (*document.params, path))


def cast(value: Value, sql_type: str) -> Sql:
    """What was text in JSON as `sql_type`; a column has its type already."""
    if value.sql.text.startswith("directory_"):
        return value.sql
    return Sql(f"({value.sql.text})::{sql_type}", value.sql.params)
