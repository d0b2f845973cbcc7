"""People change hands: of a removed connector to the portal, and of nobody to a connector (R21)."""

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.actors import By
from licensing.errors import EmailMissing, ManagedByDirectory, UserGone
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
        record(
            company,
            Act.USER_TAKEN_OVER,
            by=by,
            users=[now.pk],
            connector=former.pk,
            kind=former.kind,
            name=former.name,
        )
        _forget_the_directory(company, now)
        now.refresh_from_db()
        return now


def link_to_directory(company: Company, user: User, *, by: Connector) -> None:
    """The connector takes over a person whom no existing one manages: same seat, status, history (R21).

    Call it under the company's lock with a user read under it. Writes one audit event.
    """
    user.connector = by
    user.save(update_fields=["connector"])
    record(company, Act.USERS_LINKED, by=by, users=[user.pk], count=1)


def _forget_the_directory(company: Company, user: User) -> None:
    if user.pk == company.primary_user_id and company.primary_withdrawal:
        company.primary_withdrawal = ""
        company.save(update_fields=["primary_withdrawal"])
    if user.is_inactive_in_directory:
        rejoin_line(company, user)
