"""The only writer of a user's status, and of its history (R17)."""

from collections.abc import Collection, Sequence

from django.db import connection
from django.db.models.functions import Now

from companies.models import Company
from licensing.actors import By
from users.accounts.models import Account
from users.directory.models import Connector, HeldChange
from users.enums import Door, UserStatus
from users.models import User

# One statement for any number of people: building 50,000 objects here would keep the company locked for seconds.
_REMEMBER = """
    INSERT INTO users_statuschange
        (partner_id, company_id, user_id, from_status, to_status, by_account_id, by_connector_id, door, reason)
    SELECT %(partner)s, %(company)s, moved.user_id, moved.before, %(to)s, %(account)s, %(connector)s, %(door)s,
        %(reason)s
    FROM unnest(%(users)s::bigint[], %(before)s::text[]) WITH ORDINALITY AS moved (user_id, before, number)
    ORDER BY moved.number
"""


def set_status(
    company: Company, users: Sequence[User], *, to: UserStatus, by: By, door: Door, reason: str = ""
) -> None:
    """Give `users` the status `to`, and write down for each what it was before.

    Leaving the waiting line gives up the place in it; of whoever is removed nothing is held any more (R22), so that a
    page asks nobody about somebody who is gone. Call it under the company's lock with users read under it; whether the
    change is allowed has been decided by the caller.
    """
    if not users:
        return
    User.objects.of_company(company).filter(pk__in=[user.pk for user in users]).update(
        status=to, since=Now(), arrival=None, is_inactive_in_directory=False
    )
    remember(company, [(user, user.status) for user in users], to=to, by=by, door=door, reason=reason)
    if to == UserStatus.REMOVED:
        held = HeldChange.objects.filter(partner_id=company.partner_id, entry__user__in=users, decided_at__isnull=True)
        held.update(decided_at=Now())


def set_waiting(
    company: Company, users: Sequence[User], *, inactive: Collection[int], by: By, door: Door, reason: str = ""
) -> None:
    """Put `users`, who are not listed, at the end of the waiting line, in the order given, and write that down.

    Those whose ids are `inactive` in their directory wait without a place (R20). Call it under the company's lock.
    """
    moves = [(user, user.status) for user in users]
    for user in users:
        user.status, user.since, user.arrival = UserStatus.PENDING, Now(), None
        user.is_inactive_in_directory = user.pk in inactive
        if not user.is_inactive_in_directory:
            company.last_arrival += 1
            user.arrival = company.last_arrival
    company.save(update_fields=["last_arrival"])
    User.objects.bulk_update(users, ["status", "since", "arrival", "is_inactive_in_directory"])
    remember(company, moves, to=UserStatus.PENDING, by=by, door=door, reason=reason)


def remember(
    company: Company, moves: Sequence[tuple[User, str]], *, to: UserStatus, by: By, door: Door, reason: str = ""
) -> None:
    """Write the history of `moves`, each a user and the status it came from (empty for a new person), in order."""
    if not moves:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _REMEMBER,
            {
                "partner": company.partner_id,
                "company": company.pk,
                "to": to.value,
                "account": by.pk if isinstance(by, Account) else None,
                "connector": by.pk if isinstance(by, Connector) else None,
                "door": door.value,
                "reason": reason,
                "users": [user.pk for user, _before in moves],
                "before": [str(before) for _user, before in moves],
            },
        )
