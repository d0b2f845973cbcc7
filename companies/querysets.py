"""Reads of companies that chain."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from companies.models import Company  # noqa: F401
    from companies.partners.models import Partner


class CompanyQuerySet(models.QuerySet["Company"]):
    def of_partner(self, partner: "Partner") -> Self:
        """The partner's own companies, closed ones too (R23)."""
        return self.filter(partner=partner)

    def open(self) -> Self:
        """Companies that are not closed: what every count and "exists" in the rules means (R2)."""
        return self.filter(closed_at__isnull=True)
