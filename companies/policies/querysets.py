"""Reads of policies that chain."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from companies.models import Company
    from companies.policies.models import Policy  # noqa: F401


class PolicyQuerySet(models.QuerySet["Policy"]):
    def of_company(self, company: "Company") -> Self:
        return self.filter(partner_id=company.partner_id, company_id=company.pk)

    def blocking_downgrade(self) -> Self:
        """Advanced policies that are on (R13)."""
        return self.filter(required_tier="advanced")
