"""The ledger's only writer (R16)."""

from django.db.models import QuerySet
from django.db.models.functions import Greatest, Now

from companies.models import Company
from licensing.actors import By, columns
from licensing.enums import LedgerKind, Tier
from licensing.models import LedgerEntry


def entries_of(company: Company) -> QuerySet[LedgerEntry]:
    """The company's entries, newest first."""
    return LedgerEntry.objects.filter(partner_id=company.partner_id, company_id=company.pk).order_by("-number")


def newest_number(company: Company) -> int:
    """The number of the company's newest entry: what the pencil carries, to notice that others saved meanwhile."""
    return entries_of(company).values_list("number", flat=True).first() or 0


def write_entry(company: Company, *, kind: LedgerKind, seats: int, tier: Tier, by: By, reason: str = "") -> LedgerEntry:
    """The next entry: from where the last one ended, to `seats` and `tier`.

    Call it under the company's lock, in the transaction that changes the company; the database compares both at
    commit. The time is the database's, taken under the lock, and never before the last entry's.
    """
    last = entries_of(company).first()
    return LedgerEntry.objects.create(
        partner_id=company.partner_id,
        company=company,
        number=last.number + 1 if last else 1,
        kind=kind,
        seats_from=last.seats_to if last else 0,
        seats_to=seats,
        tier_from=last.tier_to if last else None,
        tier_to=tier,
        reason=reason,
        at=Greatest(Now(), last.at) if last else Now(),
        **columns(by),
    )
