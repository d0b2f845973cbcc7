"""Disable, enable, remove: what happens to seats that are held (R2, R8, R18)."""

from collections.abc import Collection
from typing import NamedTuple

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.actors import By
from licensing.approvals import fill_from_line
from licensing.history import set_status
from licensing.locks import locked
from licensing.selection import chosen, refuse_primary, refuse_status
from users.enums import Door, UserStatus
from users.models import User


class Removed(NamedTuple):
    """How many were removed, and how many came in from the waiting line for the seats that they left (R7)."""

    removed: int
    seated: int


def disable_users(
    company: Company, *, users: Collection[int], by: By, door: Door = Door.PORTAL, reason: str = ""
) -> int:
    """Disable the chosen people, all or none; they keep their seats (R2). Returns how many were changed.

    Those Disabled already count as done. Raises PrimaryUserProtected (R18), WrongStatus for the waiting, UserGone.
    """
    with locked(company) as company:
        people = chosen(company, users)
        refuse_primary(company, people, act="disable")
        refuse_status(people, act="disable", unless=(UserStatus.ACTIVE, UserStatus.DISABLED))
        return _move(company, people, to=UserStatus.DISABLED, act=Act.USERS_DISABLED, by=by, door=door, reason=reason)


def enable_users(
    company: Company, *, users: Collection[int], by: By, door: Door = Door.PORTAL, reason: str = ""
) -> int:
    """Make the chosen Disabled people Active again, all or none; no seat is taken, it is held already (R8).

    Those Active already count as done. Returns how many were changed. Raises WrongStatus for the waiting, UserGone.
    """
    with locked(company) as company:
        people = chosen(company, users)
        refuse_status(people, act="enable", unless=(UserStatus.ACTIVE, UserStatus.DISABLED))
        return _move(company, people, to=UserStatus.ACTIVE, act=Act.USERS_ENABLED, by=by, door=door, reason=reason)


def remove_users(
    company: Company, *, users: Collection[int], by: By, door: Door = Door.PORTAL, reason: str = ""
) -> Removed:
    """Take the chosen people off the Users tab, all or none; seats that they held become available (R2).

    Those removed already count as done. Where the company fills from its waiting line, that happens in the same
    transaction (R7). Raises PrimaryUserProtected (R18).
    """
    with locked(company) as company:
        people = chosen(company, users)
        refuse_primary(company, people, act="remove")
        removed = _move(company, people, to=UserStatus.REMOVED, act=Act.USERS_REMOVED, by=by, door=door, reason=reason)
        return Removed(removed, seated=fill_from_line(company))


def _move(company: Company, people: list[User], *, to: UserStatus, act: Act, by: By, door: Door, reason: str) -> int:
    moving = [user for user in people if user.status != to]
    if moving:
        set_status(company, moving, to=to, by=by, door=door, reason=reason)
        record(company, act, by=by, reason=reason, users=[user.pk for user in moving[:10]], count=len(moving))
    return len(moving)
