"""The Statements page: what the partner owes for a month (R15)."""

import datetime as dt
import zoneinfo
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from companies.audit.export import exported
from companies.exports import statement_sheet
from companies.partners.models import Partner
from licensing.statements import first_month, statement_for
from portal.web.requests import PortalRequest
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission


@dataclass(frozen=True, slots=True)
class Month:
    """One choice of the month chooser."""

    first_day: dt.date
    is_shown: bool

    @property
    def value(self) -> str:
        return f"{self.first_day:%Y-%m}"


@require_safe
@partner_account
@requires(Permission.SEE_STATEMENTS)
def statement(request: PortalRequest) -> HttpResponse:
    """`?month=2026-11` chooses the month; without it, or with nonsense, the present month so far is shown."""
    months = _months(request.partner)
    shown = _asked(request, months)
    context = {
        "section": "statements",
        "statement": statement_for(request.partner, year=shown.year, month=shown.month),
        "month": shown,
        "months": [Month(month, month == shown) for month in months],
        "export_url": "" if request.account.visit else reverse("statements:export"),
    }
    return render(request, "statements/list.html", context)


@require_GET
@partner_account
@requires(Permission.SEE_STATEMENTS)
def export(request: PortalRequest) -> HttpResponse:
    """The statement of the same month, as a file."""
    month = _asked(request, _months(request.partner))
    statement = statement_for(request.partner, year=month.year, month=month.month)
    return exported(request, statement_sheet(statement), what="statement")


def _asked(request: PortalRequest, months: list[dt.date]) -> dt.date:
    return next((month for month in months if f"{month:%Y-%m}" == request.GET.get("month")), months[0])


def _months(partner: Partner) -> list[dt.date]:
    """The first days of all months from the partner's first ledger entry until now, newest first."""
    month = timezone.localdate(timezone=zoneinfo.ZoneInfo(partner.time_zone)).replace(day=1)
    oldest = first_month(partner) or month
    # After a move to the west, now may be in the month before the first one.
    month = max(month, oldest)
    months = [month]
    while month > oldest:
        month = (month - dt.timedelta(days=1)).replace(day=1)
        months.append(month)
    return months
