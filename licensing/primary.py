"""The primary user's role, and how it passes on (R18)."""

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.actors import By
from licensing.approvals import fill_from_line
from licensing.history import set_status
from licensing.locks import locked
from licensing.selection import chosen, refuse_status
from users.enums import Door, UserStatus, Withdrawal
from users.models import User


def transfer_primary(company: Company, *, to: int, by: By, door: Door = Door.PORTAL, reason: str = "") -> int:
    """Make the Active user with id `to` the company's primary user (R18).

    If a directory had asked to disable or remove the former one, that is carried out now. The present primary user
    counts as done. Raises WrongStatus where the user is not Active, UserGone where it is not on the Users tab.
    Writes one audit event, and the history of what was carried out. Returns how many came in from the waiting line for
    the seat that the former one left (R7).
    """
    with locked(company) as company:
        (heir,) = chosen(company, [to])
        if heir.pk == company.primary_user_id:
            return 0
        refuse_status([heir], act="make_primary", unless=(UserStatus.ACTIVE,))
        former = User.objects.of_company(company).get(pk=company.primary_user_id)
        wish = company.primary_withdrawal
        company.primary_user = heir
        company.primary_withdrawal = ""
        company.save(update_fields=["primary_user", "primary_withdrawal"])
        record(company, Act.PRIMARY_TRANSFERRED, by=by, reason=reason, users=[heir.pk], former=former.pk, carried=wish)
        return _carry_out(company, former, wish)


def _carry_out(company: Company, former: User, wish: str) -> int:
    if wish == Withdrawal.DISABLE:
        set_status(company, [former], to=UserStatus.DISABLED, by=former.connector, door=Door.DIRECTORY)
    elif wish == Withdrawal.REMOVE:
        set_status(company, [former], to=UserStatus.REMOVED, by=former.connector, door=Door.DIRECTORY)
        return fill_from_line(company)
    return 0
