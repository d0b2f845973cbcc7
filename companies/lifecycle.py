"""A company's life: opened, renamed, closed, opened again (R1, R19)."""

from contextlib import AbstractContextManager

from django.db.models.functions import Now

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from companies.partners.models import Partner
from licensing.actors import By
from licensing.blockers import Blocker
from licensing.enums import BlockerKind, LedgerKind, Tier
from licensing.errors import ClosingBlocked, CompanyNameTaken, CompanyOpen, NameMismatch
from licensing.history import set_status
from licensing.ledger import write_entry
from licensing.locks import briefly, locked
from licensing.pools import refuse_impossible_pool
from licensing.refusing import accepted_name, refusing
from licensing.tier_changes import connector_blocker, refuse_blocked_downgrade
from users.enums import Door, UserStatus
from users.models import User
from users.people import Person, squeezed
from users.provisioning import reserve_user_id, seat_primary

MAX_COMPANY_NAME = 150


def open_company(
    partner: Partner,
    *,
    name: str,
    seats: int,
    tier: Tier,
    primary: Person,
    by: By,
    door: Door = Door.PORTAL,
    reason: str = "",
) -> Company:
    """A new company of `partner` with its pool, tier and primary user, who holds the first seat (R1).

    Raises InvalidName, CompanyNameTaken, SeatsOutOfRange, InvalidPerson. Writes ledger entry 1, the history of the
    primary user and an audit event.
    """
    name = accepted_name(name, most=MAX_COMPANY_NAME)
    refuse_impossible_pool(seats)
    with briefly():
        company = Company(partner=partner, name=name, seats=seats, tier=tier, primary_user_id=reserve_user_id())
        with _while_free(name):
            company.save(force_insert=True)
        seat_primary(company, primary, by=by, door=door, reason=reason)
        write_entry(company, kind=LedgerKind.OPENED, seats=seats, tier=tier, by=by, reason=reason)
        record(company, Act.COMPANY_OPENED, by=by, reason=reason, seats=seats, tier=tier)
        company.refresh_from_db()
        return company


def closing_blockers(company: Company) -> tuple[Blocker, ...]:
    """Everything that stands between the company and its closing, together (R19)."""
    others = company.seats_used - 1
    found = (
        Blocker(BlockerKind.USERS, others) if others > 0 else None,
        Blocker(BlockerKind.WAITING, company.users_pending) if company.users_pending else None,
        connector_blocker(company),
    )
    return tuple(blocker for blocker in found if blocker)


def close_company(company: Company, *, typed_name: str, by: By, door: Door = Door.PORTAL, reason: str = "") -> None:
    """Close the company: remove its primary user and set its pool to 0 (R19). A closed one counts as done.

    `typed_name` is what the person typed to show that this is meant. Raises ClosingBlocked with all blockers,
    NameMismatch. Writes the last ledger entry, the primary user's history and an audit event.
    """
    with locked(company, closed=True) as company:
        if not company.is_open:
            return
        blockers = closing_blockers(company)
        if blockers:
            raise ClosingBlocked(blockers=blockers)
        if squeezed(typed_name) != squeezed(company.name):
            raise NameMismatch
        primary = User.objects.of_company(company).get(pk=company.primary_user_id)
        set_status(company, [primary], to=UserStatus.REMOVED, by=by, door=door, reason=reason)
        write_entry(company, kind=LedgerKind.CLOSED, seats=0, tier=Tier(company.tier), by=by, reason=reason)
        Company.objects.filter(pk=company.pk).update(seats=0, closed_at=Now(), primary_withdrawal="")
        record(company, Act.COMPANY_CLOSED, by=by, reason=reason, seats_from=company.seats)


def reopen_company(
    company: Company, *, seats: int, tier: Tier, primary: Person, by: By, door: Door = Door.SUPPORT, reason: str = ""
) -> Company:
    """Open a closed company again with a new pool and primary user (R19). Returns it as it stands.

    Raises CompanyOpen, CompanyNameTaken where its name was given away meanwhile, SeatsOutOfRange, InvalidPerson, and
    DowngradeBlocked where Advanced policies are still on and `tier` is Standard.
    """
    refuse_impossible_pool(seats)
    with locked(company, closed=True) as company:
        if company.is_open:
            raise CompanyOpen(company_id=company.pk)
        refuse_blocked_downgrade(company, tier)
        company.seats, company.tier = seats, tier
        company.closed_at, company.primary_user_id = None, reserve_user_id()
        with _while_free(company.name):
            company.save(update_fields=["seats", "tier", "closed_at", "primary_user"])
        seat_primary(company, primary, by=by, door=door, reason=reason)
        write_entry(company, kind=LedgerKind.REOPENED, seats=seats, tier=tier, by=by, reason=reason)
        record(company, Act.COMPANY_REOPENED, by=by, reason=reason, seats=seats, tier=tier)
        company.refresh_from_db()
        return company


def rename_company(company: Company, *, name: str, by: By, reason: str = "") -> None:
    """Give the company another name; the same one writes nothing. Raises InvalidName, CompanyNameTaken."""
    name = accepted_name(name, most=MAX_COMPANY_NAME)
    with locked(company) as company:
        before = company.name
        if name == before:
            return
        company.name = name
        with _while_free(name):
            company.save(update_fields=["name"])
        record(company, Act.COMPANY_RENAMED, by=by, reason=reason, name_from=before, name_to=name)


def _while_free(name: str) -> AbstractContextManager[None]:
    return refusing(CompanyNameTaken(name=name), constraint="company_name_once")
