"""What is true of the people of a directory, beside what it last asked (R6, R20 to R22)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from companies.models import Company
from users.directory.models import Connector, Entry, HeldChange
from users.enums import Door, UserStatus
from users.models import StatusChange, User

# The words of the seat extension: stable.
ACTIVE, PENDING, DISABLED = "active", "pendingApproval", "disabled"
REJECTED, HELD, REMOVED = "rejected", "held", "removed"

# Reasons, stable too.
NONE = "none"
NO_SEAT = "no_seat"
CONNECTOR_ASKS = "connector_asks"
INACTIVE = "inactive_in_directory"
DISABLED_THERE = "disabled_in_directory"
DELETED_THERE = "deleted_in_directory"
LEFT_SCOPE = "left_scope"
BY_HAND = "by_hand"
REJECTED_BY_HAND = "rejected"
CHANGE_HELD = "held"
DIFFERS = "differs_from_directory"
PRIMARY_USER = "primary_user"

_PLACES = """
    SELECT id, position FROM (
        SELECT id, arrival, row_number() OVER (ORDER BY arrival) AS position FROM users_user
        WHERE partner_id = %(partner)s AND company_id = %(company)s AND arrival <= %(last)s
    ) AS placed WHERE arrival = ANY(%(arrivals)s)
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands: `status` and `reason` are words of this module; `position` counts from 1 in the line."""

    status: str
    reason: str
    position: int | None
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class _Known:
    """All that is read to judge any of the entries."""

    users: dict[int, User]
    places: dict[int, int]
    newest: dict[int, StatusChange]
    held: dict[int, HeldChange]
    primary: int
    wish: str


def standing_of(connector: Connector, entries: Iterable[Entry]) -> dict[int, Standing]:
    """The standing of each of the connector's `entries`, by the entry's id; in a constant number of queries.

    `held`: a change waits for an Admin (R22). `rejected`, `removed` with the reason `by_hand`: no sync brings them back
    (R21). `differs_from_directory`: an Active person whom the directory has disabled, deleted or lets go, because an
    Admin rejected that or somebody enabled them by hand; or a Disabled one, taken over so, whom it calls active.
    `primary_user`: it asked to take the primary user away, which stays until the role is transferred (R18).
    """
    entries = list(entries)
    known = _read(connector, entries)
    return {entry.pk: _standing(entry, known) for entry in entries}


def _read(connector: Connector, entries: Sequence[Entry]) -> _Known:
    ids = [entry.user_id for entry in entries]
    users = list(User.objects.filter(partner_id=connector.partner_id, pk__in=ids).select_related("connector"))
    company = Company.objects.only("partner_id", "primary_user_id", "primary_withdrawal").get(
        partner_id=connector.partner_id, pk=connector.company_id
    )
    changes = StatusChange.objects.filter(partner_id=connector.partner_id, user_id__in=ids)
    held = HeldChange.objects.filter(
        partner_id=connector.partner_id, entry__in=[entry.pk for entry in entries], decided_at__isnull=True
    )
    return _Known(
        users={user.pk: user for user in users},
        places=_places(company, [user.arrival for user in users if user.arrival is not None]),
        newest={change.user_id: change for change in changes.order_by("user_id", "-pk").distinct("user_id")},
        held={change.entry_id: change for change in held},
        primary=company.primary_user_id,
        wish=company.primary_withdrawal,
    )


def _places(company: Company, arrivals: list[int]) -> dict[int, int]:
    """The positions of those who arrived so, by the user's id. The line is numbered once for all of them."""
    if not arrivals:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            _PLACES,
            {"partner": company.partner_id, "company": company.pk, "last": max(arrivals), "arrivals": arrivals},
        )
        return dict(cursor.fetchall())


def _standing(entry: Entry, known: _Known) -> Standing:
    user = known.users[entry.user_id]
    by_directory = known.newest[user.pk].door == Door.DIRECTORY
    held = known.held.get(entry.pk)
    if user.status == UserStatus.REMOVED:
        status, reason = _removed(entry, known.newest[user.pk])
    elif held is not None:
        return Standing(HELD, CHANGE_HELD, None, held.asked_at)
    elif user.status == UserStatus.PENDING:
        return Standing(PENDING, why_waiting(user), known.places.get(user.pk), user.since)
    elif user.status == UserStatus.DISABLED:
        status, reason = DISABLED, _why_away(entry) if by_directory else BY_HAND
    else:
        status, reason = ACTIVE, _why_active(entry, known)
    return Standing(status, reason, None, user.since)


def _removed(entry: Entry, change: StatusChange) -> tuple[str, str]:
    if change.door == Door.DIRECTORY:
        # Active there, and still not back: the person was Disabled by hand before the directory removed them.
        return REMOVED, BY_HAND if entry.is_asked_in else _why_away(entry)
    if change.from_status == UserStatus.PENDING:
        return REJECTED, REJECTED_BY_HAND
    return REMOVED, BY_HAND


def why_waiting(user: User) -> str:
    """The reason why somebody is Pending approval."""
    if user.is_inactive_in_directory:
        return INACTIVE
    return CONNECTOR_ASKS if user.connector and user.connector.asks_approval else NO_SEAT


def _why_away(entry: Entry) -> str:
    if entry.is_asked_in:
        return DIFFERS
    if entry.deleted_at is not None:
        return DELETED_THERE
    return LEFT_SCOPE if entry.has_left else DISABLED_THERE


def _why_active(entry: Entry, known: _Known) -> str:
    if entry.is_asked_in:
        return NONE
    return PRIMARY_USER if entry.user_id == known.primary and known.wish else DIFFERS
