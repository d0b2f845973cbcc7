"""What people read of exports: how much of which list was taken away."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from companies.audit.enums import Act
from companies.audit.names import Names, Text

type _Data = Mapping[str, Any]


def _audit(data: _Data, names: Names) -> str:
    text = ngettext("%(count)d line of the audit exported", "%(count)d lines of the audit exported", data["count"])
    return text % {"count": data["count"]}


def _list(data: _Data, names: Names) -> str:
    count = data["count"]
    make = _LISTS.get(data["list"])
    return make(count) % {"count": count} if make else _("List exported")


_LISTS: dict[str, Callable[[int], str]] = {
    "companies": lambda count: ngettext("%(count)d company exported", "%(count)d companies exported", count),
    "users": lambda count: ngettext("%(count)d user exported", "%(count)d users exported", count),
    "rejected": lambda count: ngettext("%(count)d rejected user exported", "%(count)d rejected users exported", count),
    "activity": lambda count: ngettext(
        "%(count)d line of the activity exported", "%(count)d lines of the activity exported", count
    ),
    "ledger": lambda count: ngettext(
        "%(count)d entry of the license ledger exported", "%(count)d entries of the license ledger exported", count
    ),
    "statement": lambda count: ngettext(
        "%(count)d line of a statement exported", "%(count)d lines of a statement exported", count
    ),
    "outcomes": lambda count: ngettext(
        "%(count)d outcome of a run exported", "%(count)d outcomes of a run exported", count
    ),
    "import": lambda count: ngettext(
        "%(count)d row of an import exported", "%(count)d rows of an import exported", count
    ),
}
"""By what the act calls its list."""

EXPORT_TEXTS: dict[Act, Text] = {Act.AUDIT_EXPORTED: _audit, Act.LIST_EXPORTED: _list}
