"""What a directory takes away (R18, R20): the rule behind "disabled there", "deleted there", "left the scope"."""

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.approvals import fill_from_line
from licensing.errors import UserGone
from licensing.history import set_status
from licensing.locks import locked
from licensing.selection import acting, chosen
from users.directory.models import Connector
from users.enums import Door, UserStatus, Withdrawal
from users.models import User


def withdraw(user: User, *, how: Withdrawal, by: Connector) -> User:
    """Carry out what the directory asks for a person it manages; never an error for the directory. Returns the user.

    The primary user stays: the company keeps the wish until the role is transferred, and says so (R18). Who waits
    stays Pending approval without a place in the line when disabled (R20). Done already is done. Writes one audit
    event in the connector's name, and the history where the status changed; a released seat may fill from the waiting
    line (R7).

    Raises ConnectorGone, and UserGone for a person whom this connector does not manage.
    """
    with locked(user.company) as company:
        by = acting(company, by)
        (now,) = chosen(company, [user.pk])
        if now.connector_id != by.pk:
            raise UserGone(user_ids=(now.pk,))
        if now.pk == company.primary_user_id:
            _note_wish(company, how, by=by)
        elif now.status == UserStatus.PENDING and how == Withdrawal.DISABLE:
            _lose_place(company, now, by=by)
        else:
            _carry_out(company, now, how, by=by)
        now.refresh_from_db()
        return now


def _note_wish(company: Company, how: Withdrawal, *, by: Connector) -> None:
    if company.primary_withdrawal != how:
        company.primary_withdrawal = how
        company.save(update_fields=["primary_withdrawal"])
        record(company, Act.PRIMARY_WITHDRAWN, by=by, users=[company.primary_user_id], how=how)


def _lose_place(company: Company, user: User, *, by: Connector) -> None:
    """The status stays, so the history has nothing to tell (R17); the audit event does."""
    if user.is_inactive_in_directory:
        return
    User.objects.of_company(company).filter(pk=user.pk).update(arrival=None, is_inactive_in_directory=True)
    record(company, Act.PLACES_LOST, by=by, users=[user.pk], count=1)


def _carry_out(company: Company, user: User, how: Withdrawal, *, by: Connector) -> None:
    to, act = (
        (UserStatus.REMOVED, Act.USERS_REMOVED)
        if how == Withdrawal.REMOVE
        else (UserStatus.DISABLED, Act.USERS_DISABLED)
    )
    if user.status in {to, UserStatus.REMOVED}:
        return
    set_status(company, [user], to=to, by=by, door=Door.DIRECTORY)
    record(company, act, by=by, users=[user.pk], count=1)
    fill_from_line(company)
