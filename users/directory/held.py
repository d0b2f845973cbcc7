"""Changes past a connector's threshold wait for an Admin (R22)."""

import datetime as dt
from collections.abc import Collection

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.locks import locked
from licensing.selection import acting
from users.accounts.models import Account
from users.accounts.notices import tell_held
from users.directory.enums import OutcomeKind
from users.directory.models import Connector, Entry, HeldChange, Outcome
from users.directory.runs import note, note_all
from users.enums import Withdrawal
from users.models import User
from users.withdrawals import withdraw_all, would_change

WITHIN = dt.timedelta(hours=1)

CONFIRMED = "confirmed"
"""The code of an outcome that an Admin wanted: it does not count against the threshold."""

# Those who are away, and those managed: on the Users tab, or away.
_COUNTS = """
    WITH away AS (
        SELECT entry.user_id FROM directory_run AS run
        JOIN directory_outcome AS told ON told.partner_id = run.partner_id AND told.run_id = run.id
            AND told.kind IN ('disabled', 'removed') AND told.code <> %(confirmed)s
            AND told.at > statement_timestamp() - %(within)s * interval '1 second'
        JOIN directory_entry AS entry ON entry.partner_id = told.partner_id AND entry.id = told.entry_id
        JOIN users_user AS person ON person.partner_id = entry.partner_id AND person.id = entry.user_id
            AND (person.status IN ('disabled', 'removed') OR person.is_inactive_in_directory)
        WHERE run.partner_id = %(partner)s AND run.connector_id = %(connector)s
            AND run.last_at > statement_timestamp() - %(within)s * interval '1 second'
        UNION
        SELECT entry.user_id FROM directory_heldchange AS held
        JOIN directory_entry AS entry ON entry.partner_id = held.partner_id AND entry.id = held.entry_id
        WHERE held.partner_id = %(partner)s AND held.connector_id = %(connector)s AND held.decided_at IS NULL
            AND held.asked_at > statement_timestamp() - %(within)s * interval '1 second'
        UNION
        SELECT %(user)s
    )
    SELECT (SELECT count(*) FROM away), (
        SELECT count(*) FROM users_user WHERE partner_id = %(partner)s AND company_id = %(company)s
            AND connector_id = %(connector)s AND status <> 'removed'
    ) + (
        SELECT count(*) FROM users_user JOIN away ON away.user_id = users_user.id
        WHERE partner_id = %(partner)s AND company_id = %(company)s
            AND connector_id = %(connector)s AND status = 'removed'
    )
"""


def is_beyond_threshold(connector: Connector, user: User) -> bool:
    """Whether taking `user` away would make it too many within the hour (R22). Call it under the company's lock.

    Counted are people, each once, who are still away: whom the connector disabled or removed within the last hour, whom
    it asked to and who are held, and `user`. Too many are more than `threshold_people` and at the same time more than
    `threshold_percent` of those whom it manages; or all whom it manages, unless it manages one person only: who tries
    a connection out brings one and takes that one away.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS,
            {
                "partner": connector.partner_id,
                "company": connector.company_id,
                "connector": connector.pk,
                "user": user.pk,
                "within": WITHIN.total_seconds(),
                "confirmed": CONFIRMED,
            },
        )
        count, managed = map(int, cursor.fetchone())
    too_many = count > connector.threshold_people and count * 100 > connector.threshold_percent * managed
    return too_many or count >= managed > 1


def hold(company: Company, entry: Entry, *, how: Withdrawal, code: str, by: Connector) -> None:
    """Store what the directory asked instead of doing it. Asked again while held, in another way or of a new resource
    of the same person, the latest counts.

    Call it under the company's lock. Writes an audit event for each person; tells the partner's Admins by mail, once
    in each run.
    """
    held = _open(by).filter(entry__user=entry.user).first()
    if held is None:
        HeldChange.objects.create(partner_id=company.partner_id, company=company, connector=by, entry=entry, how=how)
    else:
        held.how, held.entry = how, entry
        held.save(update_fields=["how", "entry"])
    run = note(by, entry, OutcomeKind.HELD, code=code)
    record(company, Act.USERS_HELD, by=by, users=[entry.user_id], count=1)
    if len(Outcome.objects.filter(partner_id=company.partner_id, run_id=run, kind=OutcomeKind.HELD)[:2]) == 1:
        tell_held(by)


def is_held(user: User) -> bool:
    return HeldChange.objects.filter(partner_id=user.partner_id, entry__user=user, decided_at__isnull=True).exists()


def end_held(user: User) -> bool:
    """The directory has the person back: what was held is void, undone. False where nothing was held."""
    held = HeldChange.objects.filter(partner_id=user.partner_id, entry__user=user, decided_at__isnull=True)
    return bool(held.update(decided_at=Now()))


def confirm_held(connector: Connector, *, held: Collection[int], by: Account | None) -> int:
    """Carry out these held changes of the connector, all at once. Returns how many were still open.

    Those decided or ended meanwhile count as done. Each is done as the directory asked it, in its name: whom it has
    back later it may enable. Seats released may fill from the waiting line (R7). Raises ConnectorGone. Writes one audit
    event in the name of `by` beside those of what was done.
    """
    with locked(connector.company) as company:
        connector = acting(company, connector)
        changes = _decide(connector, held, by=by, is_confirmed=True)
        kinds = [_comes_to(company, change) for change in changes]
        # Who waits loses the place first: seats that are released may fill from the line at once.
        for how in (Withdrawal.DISABLE, Withdrawal.REMOVE):
            users = [change.entry.user for change in changes if change.how == how]
            withdraw_all(company, users, how=how, by=connector)
        if changes:
            told = [(change.entry, kind) for change, kind in zip(changes, kinds, strict=True)]
            note_all(connector, told, code=CONFIRMED)
        _tell(company, Act.HELD_CONFIRMED, changes, by=by)
        return len(changes)


def reject_held(connector: Connector, *, held: Collection[int], by: Account | None) -> int:
    """Leave these people as they are. Returns how many changes were still open.

    From then on they differ from the directory, and are shown so, until it has them back. Raises ConnectorGone. Writes
    one audit event.
    """
    with locked(connector.company) as company:
        connector = acting(company, connector)
        changes = _decide(connector, held, by=by, is_confirmed=False)
        _tell(company, Act.HELD_REJECTED, changes, by=by)
        return len(changes)


def _comes_to(company: Company, change: HeldChange) -> OutcomeKind:
    user = change.entry.user
    if user.pk == company.primary_user_id or not would_change(company, user, how=Withdrawal(change.how)):
        return OutcomeKind.CHANGED
    return OutcomeKind.REMOVED if change.how == Withdrawal.REMOVE else OutcomeKind.DISABLED


def _decide(connector: Connector, held: Collection[int], *, by: Account | None, is_confirmed: bool) -> list[HeldChange]:
    changes = list(_open(connector).filter(pk__in=held).select_related("entry__user").order_by("pk"))
    HeldChange.objects.filter(partner_id=connector.partner_id, pk__in=[change.pk for change in changes]).update(
        decided_at=Now(), decided_by=by, is_confirmed=is_confirmed
    )
    return changes


def _open(connector: Connector) -> QuerySet[HeldChange]:
    return HeldChange.objects.filter(
        partner_id=connector.partner_id, connector_id=connector.pk, decided_at__isnull=True
    )


def _tell(company: Company, act: Act, changes: list[HeldChange], *, by: Account | None) -> None:
    if changes:
        record(company, act, by=by, users=[change.entry.user_id for change in changes[:10]], count=len(changes))
