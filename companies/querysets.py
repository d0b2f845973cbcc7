"""Reads of companies that chain."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from companies.models import Company  # noqa: F401
    from companies.partners.models import Partner

FEW_PERCENT = 10
MANY_SEATS = 5
MANY_PERCENT = 25

NEARLY_FULL = Q(seats__gte=F("seats_available") * 100 / FEW_PERCENT)
"""At most FEW_PERCENT of the seats are available; full pools too."""
OVER_PROVIDED = Q(
    seats_available__gte=MANY_SEATS, seats__lte=F("seats_available") * 100 / MANY_PERCENT, users_pending=0
)
"""At least MANY_SEATS and MANY_PERCENT of the seats are available, and nobody waits who could get one."""


class CompanyQuerySet(models.QuerySet["Company"]):
    def of_partner(self, partner: "Partner") -> Self:
        """The partner's own companies, closed ones too (R23)."""
        return self.filter(partner=partner)

    def open(self) -> Self:
        """Companies that are not closed: what every count and "exists" in the rules means (R2)."""
        return self.filter(closed_at__isnull=True)

    def nearly_full(self) -> Self:
        """Those whose next people may find no seat: the rule is NEARLY_FULL."""
        return self.filter(NEARLY_FULL)

    def over_provided(self) -> Self:
        """Those that pay for many seats which nobody uses: the rule is OVER_PROVIDED."""
        return self.filter(OVER_PROVIDED)
