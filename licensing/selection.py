"""Which of a company's users a rule was asked to act on, and by which connector: read under the lock."""

from collections.abc import Collection, Iterable

from companies.models import Company
from licensing.errors import ConnectorGone, PrimaryUserProtected, UserGone, WrongStatus
from users.directory.models import Connector
from users.enums import UserStatus
from users.models import User


def chosen(company: Company, users: Collection[int]) -> list[User]:
    """The users with these ids, as they stand now, in the order of their ids.

    Removed ones are among them, so that a rule can tell "done already" from "gone". Raises UserGone for ids that the
    company never had.
    """
    found = list(User.objects.of_company(company).filter(pk__in=users).order_by("pk"))
    missing = set(users) - {user.pk for user in found}
    if missing:
        raise UserGone(user_ids=tuple(sorted(missing)))
    return found


def refuse_status(users: Iterable[User], *, act: str, unless: Collection[UserStatus]) -> None:
    """Raise WrongStatus (or UserGone for the removed) where `act` does not fit the status of any of `users`."""
    misfits = [user for user in users if user.status not in unless]
    gone = tuple(user.pk for user in misfits if user.status == UserStatus.REMOVED)
    if gone:
        raise UserGone(user_ids=gone)
    if misfits:
        raise WrongStatus(act=act, user_ids=tuple(user.pk for user in misfits))


def refuse_primary(company: Company, users: Iterable[User], *, act: str) -> None:
    """Raise PrimaryUserProtected where the primary user is among `users` (R18)."""
    if any(user.pk == company.primary_user_id for user in users):
        raise PrimaryUserProtected(user_id=company.primary_user_id, act=act)


def acting(company: Company, connector: Connector) -> Connector:
    """The connector as it stands now. Raises ConnectorGone where it was removed meanwhile, or is another company's."""
    now = Connector.objects.of_company(company).existing().filter(pk=connector.pk).first()
    if now is None:
        raise ConnectorGone(connector_id=connector.pk)
    return now
