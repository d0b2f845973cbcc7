"""Connectors in the support staff's admin: for reading only; they are added and removed in the portal (R14)."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from portal.admin_actions import ReadOnlyAdmin
from portal.admin_inlines import LatestInline
from users.directory.models import Connector


@admin.register(Connector)
class ConnectorAdmin(ReadOnlyAdmin):
    """The hash of the token is not shown."""

    list_display = ("name", "kind", "company", "partner", "asks_approval", "created_at", "removed_at")
    list_select_related = ("company", "partner")
    list_filter = ("kind", ("removed_at", admin.EmptyFieldListFilter))
    sortable_by = ()
    ordering = ("-id",)
    fields = (("company", "partner"), ("name", "kind"), "asks_approval", ("created_at", "removed_at"))
    search_fields = ("name__icontains", "company__name__icontains")
    search_help_text = _("Name of the connector or of its company")


class ConnectorInline(LatestInline):
    model = Connector
    verbose_name_plural = _("connectors")
    fields = ("name", "kind", "asks_approval", "created_at", "removed_at")
