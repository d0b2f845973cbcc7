"""People change hands: of a removed connector to the portal, and of nobody to a connector (R21)."""

from collections.abc import Collection
from typing import NamedTuple

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.actors import By
from licensing.errors import EmailMissing, ManagedByDirectory, PeopleIncomplete, StillManaged, UserGone
from licensing.locks import locked
from licensing.selection import chosen
from users.directory.models import Connector
from users.enums import UserStatus
from users.models import User
from users.people import Person, clean_names
from users.provisioning import accepted, rejoin_line


def manage_in_portal(user: User, *, first_name: str, last_name: str, by: By) -> User:
    """Take a person off a connector that was removed: from then on the names are changed here (R21). Returns the user.

    Status and seat stay; what the directory had said is void: whoever it called inactive while waiting joins the end
    of the line (R20), and a wish about the primary user is dropped (R18). Whom the portal manages already counts as
    done. Writes an audit event. By hand, names and e-mail are required (R9): raises InvalidPerson for the names,
    EmailMissing. Raises ManagedByDirectory while the connector exists, UserGone.
    """
    person = accepted(0, Person(first_name, last_name, user.email), clean_names)
    with locked(user.company) as company:
        (now,) = chosen(company, [user.pk])
        if now.status == UserStatus.REMOVED:
            raise UserGone(user_ids=(now.pk,))
        if now.connector is None:
            return now
        if now.connector.removed_at is None:
            raise ManagedByDirectory(user_id=now.pk)
        if not now.email:
            raise EmailMissing(user_id=now.pk)
        former = now.connector
        now.connector, now.first_name, now.last_name = None, person.first_name, person.last_name
        now.save(update_fields=["connector", "first_name", "last_name"])
        _tell(company, former, [now], by=by)
        _forget_the_directory(company, now)
        now.refresh_from_db()
        return now


class HandedOver(NamedTuple):
    """How many the portal manages now, and how many of the line came in at once by automatic filling (R7)."""

    handed: int
    seated: int


def manage_all_in_portal(company: Company, *, users: Collection[int], by: By, reason: str = "") -> HandedOver:
    """What `manage_in_portal` does, to the chosen users with the names that they have: all of them or none.

    Whom the portal manages already counts as done. Raises StillManaged, PeopleIncomplete, UserGone. Writes one audit
    event for each connector that was theirs.
    """
    with locked(company) as company:
        people = chosen(company, users)
        former = {gone.pk: gone for gone in Connector.objects.of_company(company).filter(removed_at__isnull=False)}
        _refuse_unready(people, former)
        theirs = [user for user in people if user.connector_id is not None]
        User.objects.of_company(company).filter(pk__in=[user.pk for user in theirs]).update(connector=None)
        for pk, connector in sorted(former.items()):
            _tell(company, connector, [user for user in theirs if user.connector_id == pk], by=by, reason=reason)
        return HandedOver(len(theirs), seated=sum(_forget_the_directory(company, user) for user in theirs))


def _refuse_unready(people: list[User], former: Collection[int]) -> None:
    gone = tuple(user.pk for user in people if user.status == UserStatus.REMOVED)
    if gone:
        raise UserGone(user_ids=gone)
    theirs = [user for user in people if user.connector_id is not None]
    managed = tuple(user.pk for user in theirs if user.connector_id not in former)
    if managed:
        raise StillManaged(user_ids=managed)
    incomplete = tuple(user.pk for user in theirs if not (user.first_name and user.last_name and user.email))
    if incomplete:
        raise PeopleIncomplete(user_ids=incomplete)


def _tell(company: Company, former: Connector, people: list[User], *, by: By, reason: str = "") -> None:
    if not people:
        return
    whose = {"connector": former.pk, "kind": former.kind, "name": former.name}
    ids = [user.pk for user in people]
    record(company, Act.USER_TAKEN_OVER, by=by, reason=reason, users=ids[:10], count=len(ids), **whose)


def link_to_directory(company: Company, user: User, *, by: Connector) -> None:
    """The connector takes over a person whom no existing one manages: same seat, status, history (R21).

    Call it under the company's lock with a user read under it. Writes one audit event.
    """
    user.connector = by
    user.save(update_fields=["connector"])
    record(company, Act.USERS_LINKED, by=by, users=[user.pk], count=1)


def _forget_the_directory(company: Company, user: User) -> int:
    """What it had said is void. Returns how many came in from the line."""
    if user.pk == company.primary_user_id and company.primary_withdrawal:
        company.primary_withdrawal = ""
        company.save(update_fields=["primary_withdrawal"])
    return rejoin_line(company, user) if user.is_inactive_in_directory else 0
