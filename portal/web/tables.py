"""The base of every list: columns, order and paging are django-tables2's, the rows are one template of each table."""

from collections.abc import Iterator
from typing import Any, ClassVar

import django_tables2 as tables
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class BaseTable(tables.Table):  # type: ignore[misc]
    """A sorted page of a queryset. The page's template shows it with `{% include table.template_name %}`.

    `?sort=` and `?page=` choose what is shown; nonsense in them shows the default order and the nearest page. Rows
    are rendered by `row_template`, which gets `record` and the context of the page: the default of django-tables2
    costs five times as much. Rows that are equal in the chosen order keep one order of their own, by primary key.
    """

    dom_id: ClassVar[str]
    """The id of the element that htmx swaps; also the name of the page's partial."""
    row_template: ClassVar[str]
    caption: ClassVar[Any] = ""
    """What the list is, for screen readers."""
    per_page: ClassVar[int] = 50
    order_by: Any

    class Meta:
        template_name = "tables/table.html"
        order_by_field = "sort"
        empty_text = _("Nothing here yet.")

    def __init__(
        self, queryset: QuerySet[Any], *, request: HttpRequest, count: int | None = None, **options: Any
    ) -> None:
        """`count`: how many rows there are on all pages, from a caller who knows; else one query asks."""
        super().__init__(queryset, order_by=request.GET.get("sort"), **options)
        if not self.order_by and self._meta.order_by:
            self.order_by = self._meta.order_by
        self.page = self._page_of(request.GET.get("page"), count)
        self.paginator = self.page.paginator

    def _page_of(self, number: str | None, count: int | None) -> Page[Any]:
        queryset = self.data.data
        chosen = [field for field in queryset.query.order_by if field not in {"pk", "-pk"}]
        # The same direction, so that one index can be read forwards or backwards.
        backwards = bool(chosen) and isinstance(chosen[0], str) and chosen[0].startswith("-")
        paginator = Paginator(queryset.order_by(*chosen, "-pk" if backwards else "pk"), self.per_page)
        if count is not None:
            paginator.count = count
        return paginator.get_page(number)

    @cached_property
    def records(self) -> list[Any]:
        """The rows of this page."""
        return list(self.page.object_list)

    @property
    def page_numbers(self) -> Iterator[int | str]:
        """The page links: the ends, those around this page, and dots between."""
        return self.paginator.get_elided_page_range(self.page.number, on_each_side=2, on_ends=1)
