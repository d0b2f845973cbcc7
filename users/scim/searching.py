"""One page of a connector's resources, found, ordered and counted by PostgreSQL (RFC 7644, 3.4.2)."""

from typing import Any, cast

from django.db.models import BooleanField, IntegerField, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from scim2_models import ResourceType, ScimFilter, SearchRequest
from scim2_server.storage import SearchPage

from users.directory.models import Connector, Entry, Group
from users.scim.filters import condition_of, sort_key_of
from users.scim.pages import Key, resources_of
from users.scim.places import ENTRIES, GROUPS
from users.scim.schemas import GROUP_MODEL, USER_MODEL
from users.scim.sql import Sql


def search(connector: Connector, resource_types: list[ResourceType], request: "SearchRequest[Any]") -> SearchPage:
    """The page that `request` asks for, of all kinds as one collection; fewer where they are large.

    Raises InvalidFilterException, InvalidPathException.
    """
    names = dict.fromkeys(resource_type.name for resource_type in resource_types)
    matching: list[Any] = [_matching(connector, cast(str, name), request) for name in names]
    total = sum(rows.count() for rows in matching)
    start = request.start_index_0 or 0
    # Beyond the last one nothing is asked of PostgreSQL, whose numbers end before a client's do.
    stop = total if request.count is None else min(start + request.count, total)
    if start >= stop:
        return SearchPage(total, [])
    keys: Any = matching[0] if len(matching) == 1 else matching[0].union(*matching[1:], all=True)
    page: list[Key] = list(keys.order_by(*_order(request))[start:stop])
    return SearchPage(total, resources_of(connector, page, request))


def _order(request: "SearchRequest[Any]") -> list[str]:
    if request.sort_by is None:
        return ["kind", "pk"]
    descending = request.sort_order == SearchRequest.SortOrder.descending
    # PostgreSQL's own places for null are those of RFC 7644: last if ascending, first if descending.
    return ["-sort" if descending else "sort", "kind", "pk"]


def _matching(connector: Connector, name: str, request: "SearchRequest[Any]") -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any]
    if name == "Group":
        kind, rows, model, table = 1, Group.objects.of_connector(connector), GROUP_MODEL, GROUPS
    else:
        kind, rows, model, table = 0, Entry.objects.of_connector(connector), USER_MODEL, ENTRIES
    # The connector is of this company only: said too, because the index of userNames begins with the company.
    rows = rows.filter(company_id=connector.company_id)
    if request.filter is not None:
        bound: Any = ScimFilter[model]  # type: ignore[valid-type]
        rows = rows.filter(_raw(condition_of(bound(str(request.filter)), table), BooleanField()))
    sort = sort_key_of(request, model, table) if request.sort_by is not None else Sql("NULL::text")
    annotated = rows.annotate(kind=Value(kind, IntegerField()), sort=_raw(sort, TextField()))
    return annotated.values_list("kind", "sort", "pk")


def _raw(sql: Sql, output: Any) -> RawSQL:
    # Made of constants; what a client sent is a parameter.
    return RawSQL(sql.text, sql.params, output)  # noqa: S611
