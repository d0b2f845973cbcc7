"""Policies in the support staff's admin: for reading only; they are switched in the portal (R13, R14)."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from companies.policies.models import Policy
from portal.admin_actions import ReadOnlyAdmin
from portal.admin_inlines import LatestInline


@admin.register(Policy)
class PolicyAdmin(ReadOnlyAdmin):
    list_display = ("key", "company", "partner", "is_on", "changed_at")
    list_select_related = ("company", "partner")
    list_filter = ("is_on", "key")
    sortable_by = ()
    ordering = ("-id",)
    fields = (("company", "partner"), "key", "is_on", "parameters", "required_tier", "changed_at")
    search_fields = ("company__name__icontains",)
    search_help_text = _("Name of the company")


class PolicyInline(LatestInline):
    model = Policy
    verbose_name_plural = _("policies that were ever on")
    fields = ("key", "is_on", "parameters", "changed_at")
