"""What the pages of colleagues show, read in as few queries as they need (R24)."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404

from companies.models import Company
from companies.partners.models import Partner
from portal.web.folding import Folded
from users.accounts.enums import Role
from users.accounts.models import Account, Assignment, Invitation, InvitedCompany
from users.accounts.second_factor import FACTORS

MOST_COMPANIES = 1_000
"""So many companies are offered at once; the search finds the others."""


def colleagues_of(partner: Partner, *, withdrawn: bool = False) -> QuerySet[Account]:
    """The partner's accounts, each with `given`, its open companies, and `has_second_factor`.

    Recovery codes alone are no second factor. The `withdrawn` ones only if they are asked for.
    """
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    given = Assignment.objects.filter(partner=partner, account=OuterRef("pk"), company__closed_at=None)
    accounts = Account.objects.filter(partner=partner).annotate(
        given=_counted(given, "account"), has_second_factor=Exists(factors)
    )
    return accounts if withdrawn else accounts.filter(is_active=True)


def invitations_of(partner: Partner) -> QuerySet[Invitation]:
    """Those that nobody accepted yet, their time over or not, oldest first, each with `given`, its open companies."""
    given = InvitedCompany.objects.filter(partner=partner, invitation=OuterRef("pk"), company__closed_at=None)
    waiting = Invitation.objects.filter(partner=partner, accepted_at=None, withdrawn_at=None)
    return waiting.select_related("by_account").annotate(given=_counted(given, "invitation")).order_by("pk")


def get_colleague(partner: Partner, account_id: int) -> Account:
    """An account of the partner, withdrawn ones too. Another partner's is a 404 like one that never was (R23)."""
    account = Account.objects.select_related("partner").filter(partner=partner, pk=account_id).first()
    if account is None:
        raise Http404
    return account


def get_invitation(partner: Partner, invitation_id: int) -> Invitation:
    """An invitation of the partner, whatever became of it; another partner's is a 404 (R23)."""
    known = Invitation.objects.select_related("partner", "by_account")
    invitation = known.filter(partner=partner, pk=invitation_id).first()
    if invitation is None:
        raise Http404
    return invitation


def given_to(account: Account) -> frozenset[int]:
    """The ids of the open companies that were given to the account."""
    given = Assignment.objects.filter(partner=account.partner, account=account, company__closed_at=None)
    return frozenset(given.values_list("company_id", flat=True))


def technicians_of(partner_id: int) -> QuerySet[Account]:
    """Those who can be given companies (R24), by name."""
    return Account.objects.filter(partner_id=partner_id, is_active=True, role=Role.TECHNICIAN).order_by("name", "pk")


def technicians_given(company: Company) -> QuerySet[Account]:
    """The Technicians of its partner who have the company (R24), by name."""
    given = Assignment.objects.filter(partner_id=company.partner_id, company=company)
    return technicians_of(company.partner_id).filter(pk__in=given.values("account"))


@dataclass(frozen=True, slots=True)
class Offer:
    """Companies to choose from: the chosen ones, and those whose name holds what is searched for."""

    companies: list[Company]
    chosen: Collection[int]
    search: str
    is_short: bool
    """Whether there are more than are offered."""


def offered(partner: Partner, *, chosen: Collection[int] = (), search: str = "") -> Offer:
    """The partner's open companies by name, at most MOST_COMPANIES beside the chosen ones."""
    # PostgreSQL knows no NUL, and no name holds one.
    wanted = " ".join(unicodedata.normalize("NFC", search[:200].replace("\0", "")).split())
    companies = Company.objects.of_partner(partner).open().only("pk", "name").order_by("name_sort", "pk")
    rest = companies.filter(name_sort__contains=Folded(Value(wanted))).exclude(pk__in=chosen)[: MOST_COMPANIES + 1]
    found = list(rest)
    shown = [*companies.filter(pk__in=chosen), *found[:MOST_COMPANIES]]
    return Offer(shown, chosen, wanted, is_short=len(found) > MOST_COMPANIES)


def _counted(rows: "QuerySet[Assignment] | QuerySet[InvitedCompany]", of: str) -> Coalesce:
    counts = rows.order_by().values(of).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)
