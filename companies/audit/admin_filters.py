"""What narrows down the audit in support's site."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from companies.audit.models import AuditEvent
from companies.partners.models import Partner

NOBODYS = "none"
FEW = 30
"""Up to so many partners are listed; of more, the search finds one by its name."""


class PartnerFilter(admin.SimpleListFilter):
    """Whose audit it stands in: a partner's, or nobody's but support's own."""

    title = _("partner")
    parameter_name = "partner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        partners = list(Partner.objects.order_by("name", "pk").values_list("pk", "name")[: FEW + 1])
        if len(partners) > FEW:
            chosen = _number(self.used_parameters.get(self.parameter_name))
            partners = list(Partner.objects.filter(pk=chosen).values_list("pk", "name")) if chosen else []
        return [(NOBODYS, _("Support staff and strangers")), *((str(pk), name) for pk, name in partners)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        if self.value() == NOBODYS:
            return queryset.filter(partner__isnull=True)
        chosen = _number(self.value())
        return queryset.filter(partner_id=chosen) if chosen else queryset


def _number(value: str | None) -> int | None:
    """An id; what is none is passed over."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 19 else None
