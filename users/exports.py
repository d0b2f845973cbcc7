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
from users.models import StatusChange, User
from users.queries import tell_waiting, who_changed
from users.tables import why_of


def users_sheet(company: Company, users: QuerySet[User]) -> Sheet:
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
    managers = _Managers()
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
            managers(change.user.connector),
            change.at,
            who_changed(change),
            change.reason,
        )
        for change in rejections.iterator(AT_ONCE)
    )
    return Sheet(f"rejected-users-{company.name}", header, rows)


def _rows(users: QuerySet[User]) -> Iterator[Row]:
    words = {status.value: str(status.label) for status in UserStatus}
    managers = _Managers()
    for some in batched(users.iterator(AT_ONCE), AT_ONCE, strict=False):
        tell_waiting(some)
        for user in some:
            yield (
                user.full_name or user.email or user.user_name,  # type: ignore[attr-defined]
                user.email,
                words[user.status],
                user.position,  # type: ignore[attr-defined]
                why_of(user),
                managers(user.connector),
                localtime(user.since).date(),
            )


class _Managers:
    """What manages a person, in words that are looked up once for each connector: there may be 100,000 people."""

    def __init__(self) -> None:
        self.words: dict[int | None, str] = {None: _("Portal")}

    def __call__(self, connector: Connector | None) -> str:
        if connector is None:
            return self.words[None]
        if connector.pk not in self.words:
            kind = connector.get_kind_display()
            self.words[connector.pk] = _("%(kind)s (removed)") % {"kind": kind} if connector.removed_at else kind
        return self.words[connector.pk]
