"""The lists of companies."""

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from portal.web.tables import BaseTable


class CompanyTable(BaseTable):
    """The Companies tab. License reads "42 of 50": used seats of all, and is sorted in that order.

    Whoever may change licenses finds a box to tick beside each name: the columns are the same for everybody.
    """

    dom_id = "companies"
    whole = "companies-tab"
    filter_form = "companies-filter"
    row_template = "companies/list_row.html"
    caption = _("Companies")

    company = tables.Column(verbose_name=_("Company"), order_by="name_sort")
    license = tables.Column(verbose_name=_("License"), order_by=("seats_used", "seats"))
    tier = tables.Column(verbose_name=_("Tier"))
    available = tables.Column(verbose_name=_("Available"), order_by="seats_available")
    pending = tables.Column(verbose_name=_("Pending"), order_by="users_pending")

    class Meta(BaseTable.Meta):
        template_name = "companies/table.html"
        order_by = "company"
