"""The only writer of a user's status, and of its history (R17)."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models.functions import Now

from companies.models import Company
from licensing.actors import By, columns
from users.enums import Door, UserStatus
from users.models import StatusChange, User

_BATCH = 5_000


def set_status(
    company: Company, users: Sequence[User], *, to: UserStatus, by: By, door: Door, reason: str = "", **columns_too: Any
) -> None:
    """Give `users` the status `to`, and write down for each what it was before.

    Leaving the waiting line gives up the place in it. `columns_too` are set along with the status. Call it under the
    company's lock with users read under it; whether the change is allowed has been decided by the caller.
    """
    if not users:
        return
    values = {"status": to, "since": Now(), "arrival": None, "is_inactive_in_directory": False} | columns_too
    User.objects.of_company(company).filter(pk__in=[user.pk for user in users]).update(**values)
    remember(company, [(user, user.status) for user in users], to=to, by=by, door=door, reason=reason)


def remember(
    company: Company, moves: Iterable[tuple[User, str]], *, to: UserStatus, by: By, door: Door, reason: str = ""
) -> None:
    """Write the history of `moves`, each a user and the status it came from (empty for a new person)."""
    StatusChange.objects.bulk_create(
        [
            StatusChange(
                partner_id=company.partner_id,
                company=company,
                user=user,
                from_status=before,
                to_status=to,
                door=door,
                reason=reason,
                **columns(by),
            )
            for user, before in moves
        ],
        batch_size=_BATCH,
    )
