"""The lists of a connector's pages."""

from functools import cached_property

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.web.tables import BaseTable
from users.directory.queries import RunLine, lines_of


class RunTable(BaseTable):
    """What the connector did: newest first, and in no other order."""

    dom_id = "runs"
    row_template = "connectors/run_row.html"
    caption = _("Runs")
    per_page = 10

    started = tables.Column(verbose_name=_("Started"), empty_values=())
    last = tables.Column(verbose_name=_("Last change"), empty_values=())
    counts = tables.Column(verbose_name=_("What became of the people"), empty_values=())

    class Meta(BaseTable.Meta):
        orderable = False
        empty_text = _("The directory has not changed anything yet.")

    @cached_property
    def records(self) -> list[RunLine]:
        return lines_of(list(self.page.object_list))


class OutcomeTable(BaseTable):
    """What became of each person in one run, in the order in which the directory sent them."""

    dom_id = "outcomes"
    row_template = "connectors/outcome_row.html"
    caption = _("What became of the people")

    who = tables.Column(verbose_name=pgettext_lazy("whom it is about", "Who"), empty_values=())
    what = tables.Column(verbose_name=_("What"), empty_values=())
    why = tables.Column(verbose_name=_("Why"), empty_values=())
    when = tables.Column(verbose_name=_("When"), empty_values=())

    class Meta(BaseTable.Meta):
        orderable = False
        empty_text = _("Nobody.")


class HeldTable(BaseTable):
    """What is held until an Admin decides (R22), oldest first."""

    dom_id = "held-table"
    row_template = "connectors/held_row.html"
    caption = _("Held changes")

    pick = tables.Column(verbose_name=_("Select"), empty_values=())
    who = tables.Column(verbose_name=pgettext_lazy("whom it is about", "Who"), empty_values=())
    what = tables.Column(verbose_name=_("What would be done"), empty_values=())
    since = tables.Column(verbose_name=_("Held since"), empty_values=())

    class Meta(BaseTable.Meta):
        template_name = "connectors/held_table.html"
        orderable = False
        empty_text = _("Nothing is held.")
