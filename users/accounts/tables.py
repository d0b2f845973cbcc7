"""The lists of colleagues and of invitations."""

from typing import ClassVar

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from portal.web.tables import BaseTable


class ColleagueTable(BaseTable):
    """Accounts of the partner by name. Under "Companies" stands how many were given to a Technician (R24)."""

    dom_id = "colleagues"
    row_template = "colleagues/row.html"
    caption = _("Colleagues")

    name = tables.Column(verbose_name=_("Name"), order_by=("name", "email"))
    email = tables.Column(verbose_name=_("E-mail"))
    role = tables.Column(verbose_name=_("Role"))
    given = tables.Column(verbose_name=_("Companies"), orderable=False)
    second_factor = tables.Column(verbose_name=_("Second factor"), order_by="has_second_factor", empty_values=())
    last_login = tables.Column(verbose_name=_("Last sign-in"))
    state = tables.Column(verbose_name=_("State"), order_by="is_active", empty_values=())
    acts = tables.Column(verbose_name=_("Actions"), orderable=False, empty_values=())

    class Meta(BaseTable.Meta):
        template_name = "colleagues/table.html"
        order_by = ("name",)


class InvitationTable(BaseTable):
    """Invitations that nobody accepted yet, oldest first; those whose time is over are marked."""

    dom_id = "invitations"
    row_template = "colleagues/invitation_row.html"
    caption = _("Invitations")
    per_page: ClassVar[int] = 1_000
    """All: they share the page with the colleagues, whose `?page=` and `?size=` it is."""
    sizes: ClassVar[tuple[int, ...]] = ()

    name = tables.Column(verbose_name=_("Name"))
    email = tables.Column(verbose_name=_("E-mail"))
    role = tables.Column(verbose_name=_("Role"))
    given = tables.Column(verbose_name=_("Companies"))
    by = tables.Column(verbose_name=_("Invited by"), empty_values=())
    expires_at = tables.Column(verbose_name=_("Valid until"))
    acts = tables.Column(verbose_name=_("Actions"), empty_values=())

    class Meta(BaseTable.Meta):
        template_name = "colleagues/invitations.html"
        orderable = False
