"""The base of every list: columns, order and paging are django-tables2's, the rows are one template of each table."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar, cast

import django_tables2 as tables
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

SIZES = (25, 50, 100, 200)


class BaseTable(tables.Table):  # type: ignore[misc]
    """A sorted page of a queryset. The page's template shows it with `{% include table.template_name %}`.

    `?sort=`, `?page=` and `?size=` choose what is shown; nonsense in them shows the default order, the nearest page and
    the nearest number of rows. Rows
    are rendered by `row_template`, which gets `record` and the context of the page: the default of django-tables2
    costs five times as much. Rows that are equal in the chosen order keep one order of their own, by primary key.
    """

    dom_id: ClassVar[str]
    """The id of the element that htmx swaps; also the name of the page's partial."""
    row_template: ClassVar[str]
    caption: ClassVar[Any] = ""
    """What the list is, for screen readers."""
    per_page: ClassVar[int] = 50
    sizes: ClassVar[tuple[int, ...]] = SIZES
    filter_form: ClassVar[str] = ""
    """The id of the form that narrows the list, if there is one: it keeps the order and the number of rows."""
    whole: ClassVar[str] = ""
    """The id of what htmx swaps where that form changes with the list."""
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
        self.kept = self._kept_of(request)
        if not self.order_by and self._meta.order_by:
            self.order_by = self._meta.order_by
        self.page = self._page_of(request.GET.get("page"), count)
        self.paginator = self.page.paginator

    def _kept_of(self, request: HttpRequest) -> dict[str, str]:
        """What the form that narrows the list sends along, of what the address said: order and number of rows."""
        self.size = self._size_of(request.GET.get("size", ""))
        size = str(self.size) if self.size != self.per_page else ""
        kept = {"sort": request.GET.get("sort", "") if self.order_by else "", "size": size}
        return {name: value for name, value in kept.items() if value}

    def _size_of(self, text: str) -> int:
        """The number of rows that is nearest to what was asked for."""
        if not self.sizes or not re.fullmatch(r"-?[0-9]+", text, re.ASCII):
            return self.per_page
        asked = int(text[:9])
        return min(self.choices_of_size, key=lambda size: (abs(size - asked), size))

    @property
    def choices_of_size(self) -> list[int]:
        """How many rows a page may have; none where that cannot be chosen."""
        return sorted({*self.sizes, self.per_page}) if self.sizes else []

    def _page_of(self, number: str | None, count: int | None) -> Page[Any]:
        queryset = self.data.data
        chosen = [field for field in queryset.query.order_by if field not in {"pk", "-pk"}]
        # The same direction, so that one index can be read forwards or backwards.
        backwards = bool(chosen) and isinstance(chosen[0], str) and chosen[0].startswith("-")
        paginator = Paginator(queryset.order_by(*chosen, "-pk" if backwards else "pk"), self.size)
        if count is not None:
            paginator.count = count
        return paginator.get_page(number)

    @property
    def everything(self) -> QuerySet[Any]:
        """The rows of all pages, in order: what is exported."""
        return cast("QuerySet[Any]", self.paginator.object_list)

    @property
    def has_sizes(self) -> bool:
        """Whether the list is long enough for a choice."""
        return bool(self.sizes) and self.paginator.count > min(self.choices_of_size)

    @cached_property
    def records(self) -> list[Any]:
        """The rows of this page."""
        return list(self.page.object_list)

    @property
    def page_numbers(self) -> Iterator[int | str]:
        """The page links: the ends, those around this page, and dots between."""
        return self.paginator.get_elided_page_range(self.page.number, on_each_side=2, on_ends=1)
