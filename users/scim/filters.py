"""SCIM filters and sorting as SQL (RFC 7644, 3.4.2.2 and 3.4.2.3), with the outcome of `ScimFilter.match`.

A filter that compares userName, externalId or id for equality is answered from an index; whatever else is asked looks
at the connector's rows only.
"""

# ruff: noqa: S608 - no word of a client's is part of a statement

from typing import Any

from scim2_models import AttributeBinding, InvalidFilterException, InvalidPathException, ScimFilter, SearchRequest
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

from users.scim.places import (
    Table,
    folded,
    folded_text,
    is_missing,
    items_of,
    kind_of,
    name_of,
    path_of,
    sortable,
    sub_path_of,
)
from users.scim.schemas import Seat
from users.scim.sql import (
    FALSE,
    TRUE,
    Sql,
    Value,
    cast,
    compared_ids,
    compared_texts,
    compared_with_null,
    equal,
    is_present,
    joined,
    negated,
    ordered,
    present_in,
    text_at,
)


def condition_of(scim_filter: "ScimFilter[Any]", table: Table) -> Sql:
    """What a WHERE asks for, for the resources of one kind. Raises InvalidFilterException for what is not stored."""
    return _Compiler(scim_filter, table).visit(scim_filter.ast)


def sort_key_of(request: "SearchRequest[Any]", model: Any, table: Table) -> Sql:
    """The text that orders the resources of one kind; null for those without a value.

    Raises InvalidPathException for what is not stored: an order that is none would not be told from one.
    """
    binding = request.sort_binding(model)
    if binding is None:
        return Sql("NULL::text")
    if _is_unstored(binding, table):
        raise InvalidPathException(path=binding.urn, detail=f"'{binding.urn}' cannot be sorted by")
    column = table.columns.get(name_of(binding))
    if column is not None:
        return sortable(column, binding)
    if not binding.is_multivalued:
        return sortable(Value(text_at(table.attributes, path_of(binding))), binding)
    items = items_of(table, binding)
    first = Sql(
        f"(SELECT entry.item FROM {items.text} WITH ORDINALITY AS entry (item, place)"
        " ORDER BY (entry.item ->> 'primary') IS NOT DISTINCT FROM 'true' DESC, entry.place LIMIT 1)",
        items.params,
    )
    return sortable(Value(text_at(first, sub_path_of(binding))), binding)


def _is_unstored(binding: AttributeBinding, table: Table) -> bool:
    """Whether what is answered for the attribute is made for the answer, or never told."""
    name = name_of(binding)
    return binding.model is Seat or bool({name, name.split(".")[0]} & table.unstored)


class _Compiler(FilterVisitor[Sql]):
    """The same walk as that of scim2_models' evaluator, written down instead of carried out."""

    def __init__(self, scim_filter: "ScimFilter[Any]", table: Table) -> None:
        self.scim_filter = scim_filter
        self.table = table

    def visit_not(self, node: Not) -> Sql:
        return negated(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> Sql:
        return joined(node.op, [self.visit(term) for term in node.terms])

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
            present = present_in(Sql("entry.item"), sub_path_of(binding))
            return self._exists(binding, present)
        value = self._single(binding)
        if value is not None and name_of(binding) in self.table.columns:
            return is_present(value)
        return present_in(self.table.attributes, path_of(binding))

    def visit_value_path(self, node: ValuePath) -> Sql:
        binding = self.scim_filter.resolve(node.attr_path, strict=False)
        if binding is None:
            return FALSE
        return self._exists(binding, _ItemCompiler(binding.field_type).visit(node.val_filter))

    def _single(self, binding: AttributeBinding) -> Value | None:
        """The value, unless the attribute holds several."""
        self._refuse_unstored(binding)
        column = self.table.columns.get(name_of(binding))
        if column is not None or binding.is_multivalued:
            return column
        return Value(text_at(self.table.attributes, path_of(binding)), kind_of(binding))

    def _any_compared(self, binding: AttributeBinding, node: Comparison) -> Sql:
        """One of several values is equal; none is, where `ne` asks. A missing attribute is one missing value."""
        value = Value(text_at(Sql("entry.item"), sub_path_of(binding)), kind_of(binding))
        one = _compared(value, binding, node)
        missing = is_missing(self.table, binding)
        if node.op == CompareOperator.ne:
            none = negated(self._exists(binding, negated(one)))
            return none if node.value is not None else joined(LogicalOperator.and_, [negated(missing), none])
        found = self._exists(binding, one)
        return found if node.value is not None else joined(LogicalOperator.or_, [missing, found])

    def _exists(self, binding: AttributeBinding, condition: Sql) -> Sql:
        self._refuse_unstored(binding)
        items = items_of(self.table, binding)
        return Sql(
            f"EXISTS (SELECT FROM {items.text} AS entry (item) WHERE {condition.text})", items.params + condition.params
        )

    def _refuse_unstored(self, binding: AttributeBinding) -> None:
        if _is_unstored(binding, self.table):
            raise InvalidFilterException(detail=f"'{binding.urn}' cannot be searched for")


class _ItemCompiler(FilterVisitor[Sql]):
    """What stands in brackets, asked of one entry of a list."""

    def __init__(self, model: Any) -> None:
        self.filter_type: Any = ScimFilter
        self.model = model

    def visit_not(self, node: Not) -> Sql:
        return negated(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> Sql:
        return joined(node.op, [self.visit(term) for term in node.terms])

    def visit_comparison(self, node: Comparison) -> Sql:
        binding = self._resolve(node.attr_path)
        value = Value(text_at(Sql("entry.item"), path_of(binding)), kind_of(binding))
        return _compared(value, binding, node)

    def visit_present(self, node: Present) -> Sql:
        return present_in(Sql("entry.item"), path_of(self._resolve(node.attr_path)))

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
        return compared_with_null(value, node.op)
    if isinstance(expected, str) and any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in expected):
        raise InvalidFilterException(detail="PostgreSQL knows neither NUL nor half a character")
    if value.kind == "bool":
        return equal(cast(value, "boolean"), node.op, expected)
    if value.kind == "time":
        return ordered(value.sql, node.op, expected) if node.op not in STRING_OPERATORS else FALSE
    if value.kind == "uuid":
        return compared_ids(value, node.op, str(expected))
    if not isinstance(expected, str):
        raise InvalidFilterException(detail=f"'{binding.urn}' cannot be compared")
    return compared_texts(folded(value, binding), node.op, folded_text(expected, value, binding))
