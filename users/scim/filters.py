"""SCIM filters and sorting as SQL (RFC 7644, 3.4.2.2 and 3.4.2.3), with the outcome of `ScimFilter.match`.

Every condition is true or false, never null, so that `not` means what it says. SQL is put together from the constants
of this module; names of attributes and values travel as parameters. A filter that compares userName, externalId or id
for equality is answered from an index; whatever else is asked looks at the connector's rows only.
"""

# ruff: noqa: S608 - no word of a client's is part of a statement

import uuid
from dataclasses import dataclass, field
from typing import Any

from scim2_models import AttributeBinding, InvalidFilterException, ScimFilter, SearchRequest
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)
from scim2_models.path.expressions import STRING_OPERATORS

from users.scim.schemas import Seat

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
    """One value of a resource in SQL, null where there is none. `folded` is compared where case does not count."""

    sql: Sql
    kind: str = "text"
    folded: Sql | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Where the attributes of a kind of resource stand: in a column, in a column of lists, or else in `attributes`."""

    name: str
    columns: dict[str, Value]
    lists: dict[str, Sql] = field(default_factory=dict)
    unstored: frozenset[str] = frozenset()

    @property
    def attributes(self) -> Sql:
        return Sql(f"{self.name}.attributes")


def _columns(table: str, kind: str) -> dict[str, Value]:
    return {
        "id": Value(Sql(f"{table}.scim_id"), "uuid"),
        "externalId": Value(Sql(f"nullif({table}.external_id, '')")),
        "meta.created": Value(Sql(f"{table}.created_at"), "time"),
        "meta.lastModified": Value(Sql(f"{table}.modified_at"), "time"),
        "meta.resourceType": Value(Sql(f"'{kind}'::text")),
        "meta.version": Value(Sql(f"'W/\"' || {table}.version || '\"'")),
    }


ENTRIES = Table(
    "directory_entry",
    _columns("directory_entry", "User")
    | {
        "externalId": Value(Sql("directory_entry.external_id")),
        "userName": Value(Sql("directory_entry.user_name"), folded=Sql("directory_entry.user_name_norm")),
        "active": Value(Sql("directory_entry.active"), "bool"),
    },
    unstored=frozenset({"groups", "meta.location", "password", "schemas"}),
)
GROUPS = Table(
    "directory_group",
    _columns("directory_group", "Group") | {"displayName": Value(Sql("directory_group.display_name"))},
    lists={"members": Sql("directory_group.members")},
    unstored=frozenset({"meta.location", "schemas"}),
)


def condition_of(scim_filter: "ScimFilter[Any]", table: Table) -> Sql:
    """What a WHERE asks for, for the resources of one kind. Raises InvalidFilterException for what is not stored."""
    return _Compiler(scim_filter, table).visit(scim_filter.ast)


def sort_key_of(request: "SearchRequest[Any]", model: Any, table: Table) -> Sql:
    """The text that orders the resources of one kind; null for those without a value."""
    binding = request.sort_binding(model)
    if binding is None:
        return Sql("NULL::text")
    column = table.columns.get(_name_of(binding))
    if column is not None:
        return _sortable(column, binding)
    if not binding.is_multivalued:
        return _sortable(Value(_text_at(table.attributes, _path_of(binding))), binding)
    items = _items(table, binding)
    first = Sql(
        f"(SELECT entry.item FROM {items.text} WITH ORDINALITY AS entry (item, place)"
        " ORDER BY (entry.item ->> 'primary') IS NOT DISTINCT FROM 'true' DESC, entry.place LIMIT 1)",
        items.params,
    )
    return _sortable(Value(_text_at(first, _sub_path_of(binding))), binding)


class _Compiler(FilterVisitor[Sql]):
    """The same walk as that of scim2_models' evaluator, written down instead of carried out."""

    def __init__(self, scim_filter: "ScimFilter[Any]", table: Table) -> None:
        self.scim_filter = scim_filter
        self.table = table

    def visit_not(self, node: Not) -> Sql:
        return _negated(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> Sql:
        return _joined(node.op, [self.visit(term) for term in node.terms])

    def visit_comparison(self, node: Comparison) -> Sql:
        binding = self.scim_filter.resolve_comparison(node.attr_path, strict=False)
        if binding is None:
            return FALSE
        value = self._single(binding)
        if value is not None:
            return _compared(value, binding, node)
        return self._any_compared(binding, node)

    def visit_present(self, node: Present) -> Sql:
        binding = self.scim_filter.resolve(node.attr_path, strict=False)
        if binding is None:
            return FALSE
        if binding.field_name == "meta" and binding.sub_field_name is None:
            return TRUE
        if binding.is_multivalued:
            present = _present_in(Sql("entry.item"), _sub_path_of(binding))
            return self._exists(binding, present)
        value = self._single(binding)
        if value is not None and _name_of(binding) in self.table.columns:
            return _present(value)
        return _present_in(self.table.attributes, _path_of(binding))

    def visit_value_path(self, node: ValuePath) -> Sql:
        binding = self.scim_filter.resolve(node.attr_path, strict=False)
        if binding is None:
            return FALSE
        return self._exists(binding, _ItemCompiler(binding.field_type).visit(node.val_filter))

    def _single(self, binding: AttributeBinding) -> Value | None:
        """The value, unless the attribute holds several."""
        self._refuse_unstored(binding)
        column = self.table.columns.get(_name_of(binding))
        if column is not None or binding.is_multivalued:
            return column
        return Value(_text_at(self.table.attributes, _path_of(binding)), _kind_of(binding))

    def _any_compared(self, binding: AttributeBinding, node: Comparison) -> Sql:
        """One of several values is equal; none is, where `ne` asks. A missing attribute is one missing value."""
        value = Value(_text_at(Sql("entry.item"), _sub_path_of(binding)), _kind_of(binding))
        one = _compared(value, binding, node)
        missing = _is_missing(self.table, binding)
        if node.op == CompareOperator.ne:
            none = _negated(self._exists(binding, _negated(one)))
            return none if node.value is not None else _joined(LogicalOperator.and_, [_negated(missing), none])
        found = self._exists(binding, one)
        return found if node.value is not None else _joined(LogicalOperator.or_, [missing, found])

    def _exists(self, binding: AttributeBinding, condition: Sql) -> Sql:
        self._refuse_unstored(binding)
        items = _items(self.table, binding)
        return Sql(
            f"EXISTS (SELECT FROM {items.text} AS entry (item) WHERE {condition.text})", items.params + condition.params
        )

    def _refuse_unstored(self, binding: AttributeBinding) -> None:
        name = _name_of(binding)
        if binding.model is Seat or {name, name.split(".")[0]} & self.table.unstored:
            raise InvalidFilterException(detail=f"'{binding.urn}' cannot be searched for")


class _ItemCompiler(FilterVisitor[Sql]):
    """What stands in brackets, asked of one entry of a list."""

    def __init__(self, model: Any) -> None:
        self.filter_type: Any = ScimFilter
        self.model = model

    def visit_not(self, node: Not) -> Sql:
        return _negated(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> Sql:
        return _joined(node.op, [self.visit(term) for term in node.terms])

    def visit_comparison(self, node: Comparison) -> Sql:
        binding = self._resolve(node.attr_path)
        value = Value(_text_at(Sql("entry.item"), _path_of(binding)), _kind_of(binding))
        return _compared(value, binding, node)

    def visit_present(self, node: Present) -> Sql:
        return _present_in(Sql("entry.item"), _path_of(self._resolve(node.attr_path)))

    def visit_value_path(self, node: ValuePath) -> Sql:
        raise InvalidFilterException(detail="Brackets in brackets")

    def _resolve(self, attr_path: AttrPath) -> AttributeBinding:
        condition: Any = self.filter_type[self.model](f"{attr_path} pr")
        binding: AttributeBinding | None = condition.resolve(attr_path)
        assert binding is not None  # noqa: S101 - an unknown one is refused by the line above
        return binding


def _compared(value: Value, binding: AttributeBinding, node: Comparison) -> Sql:
    expected = coerce_value(binding, node.value, node.op)
    if expected is None:
        return _compared_with_null(value, node.op)
    if isinstance(expected, str) and any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in expected):
        raise InvalidFilterException(detail="PostgreSQL knows neither NUL nor half a character")
    if value.kind == "bool":
        return _equal(_cast(value, "boolean"), node.op, expected)
    if value.kind == "time":
        return _ordered(value.sql, node.op, expected) if node.op not in STRING_OPERATORS else FALSE
    if value.kind == "uuid":
        return _compared_ids(value, node.op, str(expected))
    if not isinstance(expected, str):
        raise InvalidFilterException(detail=f"'{binding.urn}' cannot be compared")
    return _compared_texts(_folded(value, binding), node.op, binding.comparable(expected))


def _compared_texts(text: Sql, op: CompareOperator, expected: str) -> Sql:
    if op == CompareOperator.co:
        return Sql(f"coalesce(position(%s in {text.text}) > 0, false)", (expected, *text.params))
    if op == CompareOperator.sw:
        return Sql(f"coalesce(starts_with({text.text}, %s), false)", (*text.params, expected))
    if op == CompareOperator.ew:
        ending = f"right({text.text}, char_length(%s)) = %s"
        return Sql(f"coalesce({ending}, false)", (*text.params, expected, expected))
    if op in _ORDERS:
        return Sql(f'coalesce({text.text} COLLATE "C" {_ORDERS[op]} %s, false)', (*text.params, expected))
    return _equal(text, op, expected)


def _compared_ids(value: Value, op: CompareOperator, expected: str) -> Sql:
    """An id is compared as it is written; for equality, the index is asked."""
    if op not in {CompareOperator.eq, CompareOperator.ne}:
        return _compared_texts(Sql(f"{value.sql.text}::text", value.sql.params), op, expected)
    try:
        wanted = uuid.UUID(expected)
    except ValueError:
        wanted = None
    if wanted is None or str(wanted) != expected:
        return TRUE if op == CompareOperator.ne else FALSE
    return _equal(value.sql, op, wanted)


def _compared_with_null(value: Value, op: CompareOperator) -> Sql:
    if op == CompareOperator.eq:
        return Sql(f"{value.sql.text} IS NULL", value.sql.params)
    if op == CompareOperator.ne:
        return Sql(f"{value.sql.text} IS NOT NULL", value.sql.params)
    return FALSE


def _ordered(value: Sql, op: CompareOperator, expected: Any) -> Sql:
    if op in _ORDERS:
        return Sql(f"coalesce({value.text} {_ORDERS[op]} %s, false)", (*value.params, expected))
    return _equal(value, op, expected)


def _equal(value: Sql, op: CompareOperator, expected: Any) -> Sql:
    """A bare `=`, which an index answers; a missing value is equal to nothing."""
    if op == CompareOperator.ne:
        return Sql(f"{value.text} IS DISTINCT FROM %s", (*value.params, expected))
    if value.text.startswith("directory_"):
        return Sql(f"{value.text} = %s", (*value.params, expected))
    return Sql(f"coalesce({value.text} = %s, false)", (*value.params, expected))


def _present(value: Value) -> Sql:
    if value.kind == "text":
        return Sql(f"coalesce({value.sql.text} <> '', false)", value.sql.params)
    return Sql(f"{value.sql.text} IS NOT NULL", value.sql.params)


def _present_in(document: Sql, path: list[str]) -> Sql:
    """Some text, number or boolean at or below the path, that is not an empty string."""
    place = f"({document.text} #> %s::text[])"
    return Sql(
        f"jsonb_path_exists(coalesce({place}, 'null'), 'strict $.** ? (@ == true || @ == false || @ < 0 || @ >= 0"
        ' || (@ starts with "" && @ != ""))\')',
        (*document.params, path),
    )


def _is_missing(table: Table, binding: AttributeBinding) -> Sql:
    items = _list(table, binding)
    return Sql(f"coalesce(jsonb_typeof({items.text}), 'null') <> 'array'", items.params)


def _items(table: Table, binding: AttributeBinding) -> Sql:
    """The entries of a list, none where there is no list."""
    items = _list(table, binding)
    return Sql(
        f"jsonb_array_elements(CASE jsonb_typeof({items.text}) WHEN 'array' THEN {items.text} ELSE '[]' END)",
        items.params * 2,
    )


def _list(table: Table, binding: AttributeBinding) -> Sql:
    head = _name_of(binding).split(".")[0]
    if head in table.lists:
        return table.lists[head]
    path = _path_of(binding)[: -1 if binding.sub_field_name else None]
    return Sql(f"({table.attributes.text} #> %s::text[])", (path,))


def _negated(condition: Sql) -> Sql:
    return Sql(f"NOT ({condition.text})", condition.params)


def _joined(op: LogicalOperator, conditions: list[Sql]) -> Sql:
    joiner = " AND " if op == LogicalOperator.and_ else " OR "
    text = joiner.join(f"({condition.text})" for condition in conditions)
    return Sql(text, tuple(param for condition in conditions for param in condition.params))


def _folded(value: Value, binding: AttributeBinding) -> Sql:
    if binding.case_exact:
        return value.sql
    if value.folded is not None:
        return value.folded
    return Sql(f"lower(normalize({value.sql.text}, NFC))", value.sql.params)


def _sortable(value: Value, binding: AttributeBinding) -> Sql:
    if value.kind == "time":
        text = Sql(f"to_char({value.sql.text} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')", value.sql.params)
    elif value.kind in {"uuid", "bool"}:
        text = Sql(f"{value.sql.text}::text", value.sql.params)
    else:
        text = _folded(value, binding)
    return Sql(f'({text.text}) COLLATE "C"', text.params)


def _text_at(document: Sql, path: list[str]) -> Sql:
    return Sql(f"({document.text} #>> %s::text[])", (*document.params, path))


def _cast(value: Value, sql_type: str) -> Sql:
    if value.sql.text.startswith("directory_"):
        return value.sql
    return Sql(f"({value.sql.text})::{sql_type}", value.sql.params)


def _kind_of(binding: AttributeBinding) -> str:
    return "bool" if binding.target_type is bool else "text"


def _name_of(binding: AttributeBinding) -> str:
    """`meta.created` for an attribute of the core schema, the whole URN for one of an extension."""
    schema, _colon, name = binding.urn.rpartition(":")
    return name if not schema or "core" in schema else binding.urn


def _path_of(binding: AttributeBinding) -> list[str]:
    """The keys that lead to the attribute in what is stored."""
    schema, _colon, name = binding.urn.rpartition(":")
    keys = name.split(".")
    return [schema, *keys] if schema and "core" not in schema else keys


def _sub_path_of(binding: AttributeBinding) -> list[str]:
    return _path_of(binding)[-1:] if binding.sub_field_name else []
