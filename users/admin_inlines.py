"""The history of status (R17) on the pages of a user and of a company."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from companies.audit.wording import account_name, connector_name
from portal.admin_inlines import LatestInline
from users.models import StatusChange


def who_changed(change: StatusChange) -> str:
    """By whom: an account, a connector, or the system."""
    if change.by_account is not None:
        return account_name(change.by_account)
    return connector_name(change.by_connector) if change.by_connector is not None else str(_("the system"))


class StatusChangeInline(LatestInline):
    model = StatusChange
    verbose_name_plural = _("history of status (latest changes)")
    fields: ClassVar[tuple[str, ...]] = ("from_status", "to_status", "who", "door", "reason", "at")

    @admin.display(description=_("by"))
    def who(self, change: StatusChange) -> str:
        return who_changed(change)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatusChange]:
        return super().get_queryset(request).select_related("user", "by_account", "by_connector")


class StatusChangeOfCompanyInline(StatusChangeInline):
    fields = ("user", "from_status", "to_status", "who", "door", "reason", "at")
