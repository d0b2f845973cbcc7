"""What a directory takes away (R18, R20): the rule behind "disabled there", "deleted there", "left the scope"."""

from collections.abc import Sequence

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
        withdraw_all(company, [now], how=how, by=by)
        now.refresh_from_db()
        return now


def withdraw_all(company: Company, users: Sequence[User], *, how: Withdrawal, by: Connector) -> None:
    """What `withdraw` does, to many, under the caller's lock: users of the connector `by`, read under the lock."""
    users = [user for user in users if would_change(company, user, how=how)]
    if any(user.pk == company.primary_user_id for user in users):
        _note_wish(company, how, by=by)
    keep_status: list[User] = []
    move: list[User] = []
    for user in users:
        if user.pk != company.primary_user_id:
            waits = user.status == UserStatus.PENDING and how == Withdrawal.DISABLE
            (keep_status if waits else move).append(user)
    _lose_places(company, keep_status, by=by)
    _carry_out(company, move, how, by=by)


def would_change(company: Company, user: User, *, how: Withdrawal) -> bool:
    """Whether withdrawing `user` in this way does anything, be it to note a wish; read under the company's lock."""
    if user.pk == company.primary_user_id:
        return company.primary_withdrawal != how
    if how == Withdrawal.REMOVE:
        return user.status != UserStatus.REMOVED
    return user.status == UserStatus.ACTIVE or (user.status == UserStatus.PENDING and not user.is_inactive_in_directory)


def drop_wish(company: Company, *, by: Connector) -> bool:
    """The directory wants the primary user back: the transfer has nothing to carry out any more (R18).

    Call it under the company's lock. False where it had asked for nothing. Writes one audit event.
    """
    if not company.primary_withdrawal:
        return False
    company.primary_withdrawal = ""
    company.save(update_fields=["primary_withdrawal"])
    record(company, Act.USERS_CHANGED, by=by, users=[company.primary_user_id], count=1)
    return True


def _note_wish(company: Company, how: Withdrawal, *, by: Connector) -> None:
    company.primary_withdrawal = how
    company.save(update_fields=["primary_withdrawal"])
    record(company, Act.PRIMARY_WITHDRAWN, by=by, users=[company.primary_user_id], how=how)


def _lose_places(company: Company, users: list[User], *, by: Connector) -> None:
    """The status stays, so the history has nothing to tell (R17); the audit event does."""
    if users:
        ids = [user.pk for user in users]
        User.objects.of_company(company).filter(pk__in=ids).update(arrival=None, is_inactive_in_directory=True)
        record(company, Act.PLACES_LOST, by=by, users=ids[:10], count=len(ids))


def _carry_out(company: Company, users: list[User], how: Withdrawal, *, by: Connector) -> None:
    if not users:
        return
    to, act = (
        (UserStatus.REMOVED, Act.USERS_REMOVED)
        if how == Withdrawal.REMOVE
        else (UserStatus.DISABLED, Act.USERS_DISABLED)
    )
    set_status(company, users, to=to, by=by, door=Door.DIRECTORY)
    record(company, act, by=by, users=[user.pk for user in users[:10]], count=len(users))
    fill_from_line(company)
