"""The only way from a request to a company: of the account's partner, and given to it where it is a Technician's.

Else it does not exist (R23, R24). Lists, totals, search and exports start here too.
"""

from collections.abc import Collection

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from companies.querysets import CompanyQuerySet
from portal.web.errors import ExplainedNotFound, Trouble
from users.accounts.models import Account, Assignment


class CompanyIsClosed(ExplainedNotFound):
    """The partner's own company, which was closed (R19)."""

    trouble = Trouble(
        404,
        _("This company was closed"),
        _("It is no longer listed and cannot be changed. Its statements stay. Support can open it again."),
    )


def companies_for(account: Account) -> CompanyQuerySet:
    """The open companies that this account may see; none for an account without a partner."""
    return _own(account).open()


def get_company(account: Account, company_id: int) -> Company:
    """An open company that the account may see. Any other is a 404 like one that never was (R23, R24)."""
    company = _own(account).filter(pk=company_id).first()
    if company is None:
        raise Http404
    if not company.is_open:
        raise CompanyIsClosed
    return company


def all_of(account: Account, company_ids: Collection[int]) -> set[int]:
    """These companies, closed ones too: whoever chose them is told that. Where the account may not see every one of
    them, a 404 as if that one never was (R23, R24)."""
    found = set(_own(account).filter(pk__in=company_ids).values_list("pk", flat=True))
    if found != set(company_ids):
        raise Http404
    return found


def _own(account: Account) -> CompanyQuerySet:
    partner = account.acts_for
    if partner is None:
        return Company.objects.none()
    companies = Company.objects.of_partner(partner)
    if not account.sees_given_companies_only:
        return companies
    given = Assignment.objects.filter(partner=partner, account=account)
    return companies.filter(pk__in=given.values("company"))
