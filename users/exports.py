"""A company's people as a file for spreadsheets: what the Users tab shows."""

from collections.abc import Iterator
from itertools import batched

from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from companies.models import Company
from portal.web.exports import AT_ONCE, Row, Sheet
from users.directory.models import Connector
from users.enums import UserStatus
from users.models import StatusChange
from users.queries import tell_waiting, who_changed
from users.querysets import UserQuerySet
from users.tables import why_of


def users_sheet(company: Company, users: UserQuerySet) -> Sheet:
    """Those of the Users tab, with the place in the waiting line of whoever waits, and why they do (R7)."""
    header = [
        *(
            _("Name"),
            _("E-mail"),
            _("Status"),
            _("Place in the line"),
            _("Why"),
            _("Managed by"),
            pgettext("how long a status has held", "Since"),
        ),
    ]
    return Sheet(f"users-{company.name}", header, _rows(users))


def rejected_sheet(company: Company, rejections: QuerySet[StatusChange]) -> Sheet:
    """Those who waited and were rejected (R21)."""
    header = [
        _("Name"),
        _("E-mail"),
        _("Managed by"),
        pgettext("when somebody was rejected", "Rejected"),
        pgettext("who did it", "Who"),
        _("Reason"),
    ]
    rows: Iterator[Row] = (
        (
            change.user.full_name or change.user.email,
            change.user.email,
            _manager(change.user.connector),
            change.at,
            who_changed(change),
            change.reason,
        )
        for change in rejections.iterator(AT_ONCE)
    )
    return Sheet(f"rejected-users-{company.name}", header, rows)


def _rows(users: UserQuerySet) -> Iterator[Row]:
    words = {status.value: str(status.label) for status in UserStatus}
    for some in batched(users.iterator(AT_ONCE), AT_ONCE, strict=False):
        tell_waiting(some)
        for user in some:
            yield (
                user.full_name or user.email or user.user_name,
                user.email,
                words[user.status],
                user.position,  # type: ignore[attr-defined]
                why_of(user),
                _manager(user.connector),
                localtime(user.since).date(),
            )


def _manager(connector: Connector | None) -> str:
    if connector is None:
        return _("Portal")
    kind = connector.get_kind_display()
    return _("%(kind)s (removed)") % {"kind": kind} if connector.removed_at else kind
