"""Partners in the support staff's admin (R25)."""

import zoneinfo
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from companies.partners.models import Partner

if TYPE_CHECKING:
    BaseAdmin = admin.ModelAdmin[Partner]
    BaseForm = forms.ModelForm[Partner]
else:
    BaseAdmin, BaseForm = admin.ModelAdmin, forms.ModelForm


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(zoneinfo.available_timezones())]


class PartnerForm(BaseForm):
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=_zones, initial="UTC", help_text=_("Decides when a month ends (statements).")
    )


@admin.register(Partner)
class PartnerAdmin(BaseAdmin):
    """Partners are never deleted: their statements stay."""

    form = PartnerForm
    list_display = ("name", "currency", "price_standard", "price_advanced", "time_zone", "created_at")
    list_filter = ("currency",)
    search_fields = ("name__icontains",)
    search_help_text = _("Name")
    ordering = ("name",)
    fields = ("name", "time_zone", "currency", ("price_standard", "price_advanced"), "created_at")
    readonly_fields = ("created_at",)
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
