"""People who waited and were turned away, and how that is taken back (R7, R21)."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, QuerySet

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.actors import By
from licensing.approvals import fill_from_line
from licensing.errors import GoneFromDirectory, WrongStatus
from licensing.history import set_status, set_waiting
from licensing.locks import locked
from licensing.selection import chosen, refuse_status
from users.directory.models import Entry
from users.enums import Door, UserStatus
from users.models import StatusChange, User
from users.uniqueness import refuse_clashes

BY_HAND = (Door.PORTAL, Door.SUPPORT, Door.API)
"""The doors of people: what was done through them stands against every sync until it is undone (R21)."""


class Undone(NamedTuple):
    """How many wait again, and how many of the line came in at once by automatic filling (R7)."""

    undone: int
    seated: int


def rejections_of(company: Company) -> QuerySet[StatusChange]:
    """The change by which each rejected person was turned away, newest first.

    Rejected is whoever went from Pending approval to Removed by hand, and nothing came after it: the history remembers
    it, no other mark does (R17). Those whose personal data was erased are nobody any more.
    """
    later = StatusChange.objects.filter(
        partner_id=OuterRef("partner_id"), user_id=OuterRef("user_id"), pk__gt=OuterRef("pk")
    )
    return StatusChange.objects.filter(
        ~Exists(later),
        partner_id=company.partner_id,
        company_id=company.pk,
        from_status=UserStatus.PENDING,
        to_status=UserStatus.REMOVED,
        door__in=BY_HAND,
        user__erased_at__isnull=True,
    ).order_by("-id")


def reject_users(
    company: Company, *, users: Collection[int], by: By, door: Door = Door.PORTAL, reason: str = ""
) -> int:
    """Turn the chosen people away who wait, with or without a place in the line, all or none. Returns how many.

    They leave the Users tab, and no sync brings them back, for what their directory says of them (its Entry) stays
    theirs (R21). Those rejected already count as done. Raises WrongStatus for seat holders, UserGone for people who
    were removed otherwise. Writes the history, which is what remembers it, and one audit event.
    """
    with locked(company) as company:
        people = chosen(company, users)
        done = _rejected(company, people)
        waiting = [user for user in people if user.pk not in done]
        refuse_status(waiting, act="reject", unless=(UserStatus.PENDING,))
        set_status(company, waiting, to=UserStatus.REMOVED, by=by, door=door, reason=reason)
        _tell(company, Act.USERS_REJECTED, waiting, by=by, reason=reason)
        return len(waiting)


def undo_rejection(
    company: Company, *, users: Collection[int], by: By, door: Door = Door.PORTAL, reason: str = ""
) -> Undone:
    """Let the chosen people wait again whom somebody rejected, all or none, at the end of the line by a new arrival.

    Where the company fills from its line, that happens in the same transaction (R7); whom the directory calls inactive
    waits without a place (R20). Those on the Users tab count as done. Raises WrongStatus for people who were removed
    otherwise, EmailTaken where somebody has the e-mail by now (R9), GoneFromDirectory for those whom their directory
    has deleted since. Writes the history and one audit event.
    """
    with locked(company) as company:
        people = [user for user in chosen(company, users) if user.status == UserStatus.REMOVED]
        strangers = {user.pk for user in people} - _rejected(company, people)
        if strangers:
            raise WrongStatus(act="undo_rejection", user_ids=tuple(sorted(strangers)))
        refuse_clashes(company, [user.email for user in people])
        inactive = _inactive(people)
        if people:
            set_waiting(company, people, inactive=inactive, by=by, door=door, reason=reason)
        _tell(company, Act.REJECTION_UNDONE, people, by=by, reason=reason)
        return Undone(len(people), seated=fill_from_line(company))


def _rejected(company: Company, people: Iterable[User]) -> set[int]:
    """The ids of those among `people` who are rejected."""
    removed = [user.pk for user in people if user.status == UserStatus.REMOVED]
    return (
        set(rejections_of(company).filter(user_id__in=removed).values_list("user_id", flat=True)) if removed else set()
    )


def _inactive(people: list[User]) -> set[int]:
    """The ids of those whom their directory calls inactive. Raises GoneFromDirectory for those whom it deleted.

    Asked of connectors that exist: a removed one says nothing any more (R2).
    """
    entries = Entry.objects.filter(user__in=people, connector__removed_at__isnull=True, connector=F("user__connector"))
    known = set(entries.values_list("user_id", flat=True))
    living = dict(entries.filter(deleted_at__isnull=True).values_list("user_id", "active"))
    if known - living.keys():
        raise GoneFromDirectory(user_ids=tuple(sorted(known - living.keys())))
    return {pk for pk, active in living.items() if not active}


def _tell(company: Company, act: Act, people: list[User], *, by: By, reason: str) -> None:
    if people:
        record(company, act, by=by, reason=reason, users=[user.pk for user in people[:10]], count=len(people))
