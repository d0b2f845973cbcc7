"""Bulk changes, planned and confirmed."""

from companies.models import Company
from companies.partners.models import Partner
from licensing.bulk import begin
from licensing.bulk_plan import Plan, Preview, Wish, plan_bulk
from licensing.enums import BulkHow
from licensing.models import BulkChange
from users.accounts.models import Account


def plan_of(partner: Partner, how: BulkHow, number: int = 0, reason: str = "") -> tuple[Plan, dict[str, Preview]]:
    """For all of the partner's companies, closed ones too; the previews by name."""
    ids = list(Company.objects.of_partner(partner).values_list("pk", flat=True))
    plan, previews = plan_bulk(partner, ids, wish=Wish(how, number), reason=reason)
    return plan, {preview.company.name: preview for preview in previews}


def confirmed(plan: Plan, account: Account, *, all_or_nothing: bool = True) -> BulkChange:
    assert account.partner is not None
    bulk, is_new = begin(plan, partner=account.partner, account=account, all_or_nothing=all_or_nothing)
    assert is_new
    return bulk
