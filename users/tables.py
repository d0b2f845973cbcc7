"""The list of a company's people."""

from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.web.folding import Folded
from portal.web.names import is_last_first
from portal.web.tables import BaseTable
from users.enums import UserStatus
from users.explaining import why_waiting
from users.models import StatusChange, User
from users.queries import tell_waiting, who_changed
from users.querysets import UserQuerySet

ACTING = ("pick", "acts")
"""The columns that are there for doing something, not for reading."""


class UserTable(BaseTable):
    """People by name. The rows are templates/users/row.html; what can be done to each depends on its status."""

    dom_id = "users-table"
    whole = "users-tab"
    filter_form = "users-filter"
    row_template = "users/row.html"
    caption = _("Users")
    is_line = False

    pick = tables.Column(verbose_name=_("Select"), orderable=False, empty_values=())
    name = tables.Column(verbose_name=_("Name"), order_by="name_sort")
    email = tables.Column(verbose_name=_("E-mail"), order_by="email_norm")
    status = tables.Column(verbose_name=_("Status"), order_by=("status_rank", "arrival"))
    managed_by = tables.Column(verbose_name=_("Managed by"))
    since = tables.Column(verbose_name=pgettext_lazy("how long a status has held", "Since"))
    acts = tables.Column(verbose_name=_("Actions"), orderable=False, empty_values=())

    class Meta(BaseTable.Meta):
        template_name = "users/table.html"
        order_by = ("name",)

    def order_name(self, people: UserQuerySet, is_descending: bool) -> tuple[UserQuerySet, bool]:
        """By the names as they are read; the usual order has an index."""
        key = "name_sort"
        if is_last_first():
            key = "name_read"
            people = people.annotate(name_read=Folded(Concat("last_name", Value(" "), "first_name")))
        return people.order_by(f"-{key}" if is_descending else key), True

    @cached_property
    def records(self) -> list[User]:
        """The people of this page; each who waits with the words `why`."""
        people: list[User] = list(self.page.object_list)
        tell_waiting(people)
        for user in people:
            user.why = why_of(user)  # type: ignore[attr-defined]
        return people


def why_of(user: User) -> str:
    """Why somebody waits whom `tell_waiting` was told of; nothing of anybody else."""
    if user.status != UserStatus.PENDING:
        return ""
    connector = user.connector
    asks = connector is not None and connector.removed_at is None and connector.asks_approval
    return why_waiting(
        is_inactive=user.is_inactive_in_directory,
        asks_approval=asks,
        is_back=user.is_back,  # type: ignore[attr-defined]
    )


class WaitingTable(UserTable):
    """Those pending approval, in the order of their arrival (R7), with the connector that brought each."""

    is_line = True
    caption = _("Users pending approval, in order of arrival")

    class Meta(UserTable.Meta):
        order_by = ("status",)


class HistoryTable(BaseTable):
    """Every change of one user's status (R17): newest first, and in no other order."""

    dom_id = "history"
    row_template = "users/history_row.html"
    caption = _("History of the status")

    at = tables.Column(verbose_name=_("When"))
    change = tables.Column(verbose_name=_("Status"), empty_values=())
    by = tables.Column(verbose_name=pgettext_lazy("who did it", "Who"), empty_values=())
    door = tables.Column(verbose_name=pgettext_lazy("path by which a change came", "Through"))
    reason = tables.Column(verbose_name=_("Reason"))

    class Meta(BaseTable.Meta):
        orderable = False

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        changes: list[StatusChange] = list(self.page.object_list)
        return [{"change": change, "who": who_changed(change)} for change in changes]


class RejectedTable(HistoryTable):
    """People who waited and were rejected, the latest first; each can be taken back (R21)."""

    dom_id = UserTable.dom_id
    whole = UserTable.whole
    filter_form = UserTable.filter_form
    row_template = "users/rejected_row.html"
    caption = _("Rejected users")

    pick = tables.Column(verbose_name=_("Select"), empty_values=())
    name = tables.Column(verbose_name=_("Name"), empty_values=())
    email = tables.Column(verbose_name=_("E-mail"), empty_values=())
    managed_by = tables.Column(verbose_name=_("Managed by"), empty_values=())
    at = tables.Column(verbose_name=pgettext_lazy("when somebody was rejected", "Rejected"))
    acts = tables.Column(verbose_name=_("Actions"), empty_values=())

    class Meta(HistoryTable.Meta):
        template_name = "users/rejected_table.html"
        exclude = ("change", "door")
        sequence = ("pick", "name", "email", "managed_by", "at", "by", "reason", "acts")
