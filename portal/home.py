"""Home: how all companies stand together, and what needs somebody."""

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from companies.access import companies_for
from companies.audit.queries import latest_events, lines_of
from companies.models import Company
from companies.queries import extremes_of, overview_of
from companies.querysets import FEW_PERCENT, MANY_PERCENT, MANY_SEATS, CompanyQuerySet
from licensing.enums import Tier
from portal.web.requests import PortalRequest
from users.accounts.decorators import partner_account
from users.directory.queries import in_trouble
from users.queries import waiting_longest

ROWS_SHOWN = 5
ACTS_SHOWN = 8


@require_safe
@partner_account
def home(request: PortalRequest) -> HttpResponse:
    """Where partner staff start: each role finds what it may see (R24), and every number leads to a list with as many.

    `partner_account` sends the others where they belong.
    """
    companies = companies_for(request.account)
    overview = overview_of(companies)
    context: dict[str, Any] = {"section": "home", "overview": overview}
    if overview.totals.companies:
        context |= _pools(request, companies) | _people_and_directories(request, companies, overview.totals.pending)
        context["lines"] = lines_of(list(latest_events(companies, request.account, shown=ACTS_SHOWN)))
        context["time_zone"] = request.partner.time_zone
    if request.account.may.see_statements:
        context["unused_cost"] = overview.unused_cost(request.partner)
    return render(request, "home.html", context)


def _pools(request: PortalRequest, companies: CompanyQuerySet) -> dict[str, Any]:
    nearly_full, over_provided = extremes_of(companies, shown=ROWS_SHOWN)
    return {
        "nearly_full": nearly_full,
        "over_provided": [(company, _unused_cost(request, company)) for company in over_provided],
        "few_percent": FEW_PERCENT,
        "many_percent": MANY_PERCENT,
        "many_seats": MANY_SEATS,
    }


def _unused_cost(request: PortalRequest, company: Company) -> Decimal | None:
    """What the available seats cost a month; None for whoever may not see prices."""
    if not request.account.may.see_statements:
        return None
    cost: Decimal = request.partner.price_of(Tier(company.tier)) * company.seats_available
    return cost


def _people_and_directories(request: PortalRequest, companies: CompanyQuerySet, pending: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    may = request.account.may
    if may.see_users and pending:
        found["waiting"] = waiting_longest(companies, request.partner, shown=ROWS_SHOWN)
    if may.see_policies:
        troubled = in_trouble(companies)
        found |= {"trouble": troubled[:ROWS_SHOWN], "trouble_count": len(troubled)}
    return found
