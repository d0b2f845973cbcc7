"""Partners in the support staff's admin (R25)."""

import zoneinfo
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from companies.partners.models import Partner, Terms
from portal.admin_inlines import LATEST, BaseFormSet, LatestInline

if TYPE_CHECKING:
    BaseAdmin = admin.ModelAdmin[Partner]
    BaseForm = forms.ModelForm[Partner]
else:
    BaseAdmin, BaseForm = admin.ModelAdmin, forms.ModelForm


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(zoneinfo.available_timezones())]


class TermsFormSet(BaseFormSet):
    """The latest terms, newest first. Nothing that is posted is looked at."""

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def get_queryset(self) -> QuerySet[Terms]:
        if not hasattr(self, "_queryset"):
            self._queryset = super().get_queryset().order_by("-since")[:LATEST]
        return self._queryset

    def is_valid(self) -> bool:
        return True

    def save(self, commit: bool = True) -> list[Terms]:
        self.new_objects: list[Terms] = []
        self.changed_objects: list[tuple[Terms, list[str]]] = []
        self.deleted_objects: list[Terms] = []
        return []


class TermsInline(LatestInline):
    """What the partner's statements were and are computed with (R15)."""

    model = Terms
    formset = TermsFormSet
    verbose_name_plural = _("terms (latest first)")
    fields = ("since", "price_standard", "price_advanced", "currency", "time_zone")


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
    fieldsets = [
        (None, {"fields": ["name", "created_at"]}),
        (
            _("Terms"),
            {
                "fields": ["time_zone", "currency", ("price_standard", "price_advanced")],
                "description": _(
                    "A change counts from now on: for the present month and those to come. "
                    "Statements of months that have ended stay as they are."
                ),
            },
        ),
    ]
    readonly_fields = ("created_at",)
    show_full_result_count = False

    def get_inlines(self, request: HttpRequest, obj: Partner | None) -> list[Any]:
        return [TermsInline] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
