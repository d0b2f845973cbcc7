"""The list of a company's people."""

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from portal.web.tables import BaseTable

ACTING = ("pick", "acts")
"""The columns that are there for doing something, not for reading."""


class UserTable(BaseTable):
    """People by name. The rows are templates/users/row.html; what can be done to each depends on its status."""

    dom_id = "users-table"
    row_template = "users/row.html"
    caption = _("Users")

    pick = tables.Column(verbose_name=_("Select"), orderable=False, empty_values=())
    name = tables.Column(verbose_name=_("Name"), order_by="name_norm")
    email = tables.Column(verbose_name=_("E-mail"), order_by="email_norm")
    status = tables.Column(verbose_name=_("Status"), order_by=("status_rank", "arrival"))
    managed_by = tables.Column(verbose_name=_("Managed by"))
    since = tables.Column(verbose_name=_("Since"))
    acts = tables.Column(verbose_name=_("Actions"), orderable=False, empty_values=())

    class Meta(BaseTable.Meta):
        template_name = "users/table.html"
        order_by = ("name",)


class WaitingTable(UserTable):
    """Those pending approval, in the order of their arrival (R7)."""

    caption = _("Users pending approval, in order of arrival")

    class Meta(UserTable.Meta):
        order_by = ("status",)
