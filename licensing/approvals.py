"""The waiting line: who comes in when seats are free (R7)."""

from collections.abc import Collection

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.actors import By
from licensing.errors import NoSeatsAvailable, NotEnoughWaiting, WrongStatus
from licensing.history import set_status
from licensing.locks import locked
from licensing.selection import chosen, refuse_status
from users.enums import Door, UserStatus
from users.models import User


def approve_users(
    company: Company, *, users: Collection[int], by: By, door: Door = Door.PORTAL, reason: str = ""
) -> int:
    """Seat the chosen people who wait, all or none (R7). Returns how many took a seat.

    Those who are Active already count as done, so that a retry succeeds. Raises NoSeatsAvailable with the numbers,
    WrongStatus for Disabled people and for those inactive in their directory (R20), UserGone for removed ones.
    Writes the history and one audit event.
    """
    with locked(company) as company:
        people = chosen(company, users)
        refuse_status(people, act="approve", unless=(UserStatus.PENDING, UserStatus.ACTIVE))
        waiting = [user for user in people if user.status == UserStatus.PENDING]
        _refuse_without_place(waiting)
        if len(waiting) > company.seats_available:
            raise NoSeatsAvailable(needed=len(waiting), available=company.seats_available)
        _seat(company, waiting, by=by, door=door, reason=reason)
        return len(waiting)


def approve_next(company: Company, *, count: int, by: By, door: Door = Door.PORTAL, reason: str = "") -> int:
    """Seat the `count` people who have waited longest (R7). Returns `count`.

    Raises NotEnoughWaiting with the numbers where fewer wait, fewer seats are available, or `count` is below 1.
    """
    with locked(company) as company:
        line = User.objects.of_company(company).in_line()
        waiting = line.count()
        if not 1 <= count <= min(waiting, company.seats_available):
            raise NotEnoughWaiting(requested=count, waiting=waiting, available=company.seats_available)
        _seat(company, list(line[:count]), by=by, door=door, reason=reason)
        return count


def approve_available(company: Company, *, by: By, door: Door = Door.PORTAL, reason: str = "") -> int:
    """Seat the people who have waited longest, as many as there are seats available: those whom the pencil named (R7).

    Call it under the company's lock. Returns how many; nobody, where nobody waits or no seat is available.
    """
    company.refresh_from_db(fields=["seats", "seats_used", "seats_available"])
    people = list(User.objects.of_company(company).in_line()[: max(company.seats_available, 0)])
    _seat(company, people, by=by, door=door, reason=reason)
    return len(people)


def fill_from_line(company: Company) -> int:
    """Where the company chose so, seat people from the line until it is empty or the pool is full (R7).

    Call it under the company's lock, after seats became available by whatever door. Never takes those whose connector
    asks for approval. Returns how many came in; the system is who did it.
    """
    company.refresh_from_db(fields=["seats", "seats_used", "seats_available", "fills_automatically"])
    if not company.fills_automatically or company.seats_available <= 0:
        return 0
    people = list(User.objects.of_company(company).fillable()[: company.seats_available])
    _seat(company, people, by=None, door=Door.AUTO_FILL)
    return len(people)


def choose_auto_fill(company: Company, *, on: bool, by: By) -> int:
    """Switch automatic filling on or off (R7); switched on, it fills at once. Returns how many came in."""
    with locked(company) as company:
        if company.fills_automatically == on:
            return 0
        company.fills_automatically = on
        company.save(update_fields=["fills_automatically"])
        record(company, Act.AUTO_FILL_CHANGED, by=by, on=on)
        return fill_from_line(company)


def _seat(company: Company, people: list[User], *, by: By, door: Door, reason: str = "") -> None:
    if not people:
        return
    set_status(company, people, to=UserStatus.ACTIVE, by=by, door=door, reason=reason)
    record(
        company, Act.USERS_APPROVED, by=by, reason=reason, users=[user.pk for user in people[:10]], count=len(people)
    )


def _refuse_without_place(waiting: list[User]) -> None:
    inactive = tuple(user.pk for user in waiting if user.is_inactive_in_directory)
    if inactive:
        raise WrongStatus(act="approve", user_ids=inactive)
