"""Short read-only lists on the page of a row in the admin."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

if TYPE_CHECKING:
    BaseInline = admin.TabularInline[Any, Any]
    BaseFormSet = BaseInlineFormSet[Any, Any, Any]
else:
    BaseInline, BaseFormSet = admin.TabularInline, BaseInlineFormSet

LATEST = 20


class LatestFormSet(BaseFormSet):
    """The latest rows only. Names the partner, since every index leads with it."""

    def get_queryset(self) -> QuerySet[Any]:
        if not hasattr(self, "_queryset"):
            rows = super().get_queryset().filter(partner_id=self.instance.partner_id)
            self._queryset = rows.order_by("-id")[:LATEST]
        return self._queryset


class LatestInline(BaseInline):
    """The latest rows that belong to the row shown; nothing in it can be changed."""

    formset: type[BaseFormSet] = LatestFormSet
    template = "admin/latest_inline.html"
    extra = 0
    max_num = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever sees the row sees what belongs to it."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
