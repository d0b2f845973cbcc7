"""What the company screens show, read in as few queries as they need."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Sum
from django.utils import timezone

from companies.audit.enums import Act, AuditKind
from companies.audit.models import AuditEvent
from companies.models import Company
from companies.policies.catalogue import CATALOGUE, PolicySpec
from companies.policies.models import Policy
from companies.querysets import CompanyQuerySet
from licensing.enums import Tier
from users.accounts.models import Account
from users.directory.models import Connector
from users.directory.queries import Health, health_of
from users.models import User

LATELY = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over companies: how many, and their seats."""

    companies: int
    seats: int
    used: int
    pending: int

    @property
    def available(self) -> int:
        return self.seats - self.used


def totals_of(companies: CompanyQuerySet) -> Totals:
    """The totals over all of `companies`, whatever page of them is shown: one query."""
    return Totals(
        **companies.order_by().aggregate(
            companies=Count("pk"),
            seats=Sum("seats", default=0),
            used=Sum("seats_used", default=0),
            pending=Sum("users_pending", default=0),
        )
    )


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy of the catalogue as one company has it."""

    spec: PolicySpec
    policy: Policy | None
    is_closed: bool
    """It needs Advanced, and the company is on Standard (R14)."""

    @property
    def is_on(self) -> bool:
        return self.policy is not None and self.policy.is_on

    @property
    def values(self) -> list[tuple[str, str]]:
        """The parameters of a policy that is on, as label and text."""
        if self.policy is None or not self.policy.is_on:
            return []
        stored = self.policy.parameters
        return [(str(parameter.label), as_text(stored.get(parameter.name, ""))) for parameter in self.spec.parameters]


def as_text(value: object) -> str:
    """A stored parameter as a person types it: a list with commas."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@dataclass(frozen=True, slots=True)
class Setup:
    """How a company is set up."""

    primary: User
    standard: list[PolicyRow]
    advanced: list[PolicyRow]
    connectors: list[Health]


def setup_of(company: Company) -> Setup:
    rows = policy_rows(company)
    return Setup(
        primary=User.objects.of_company(company).get(pk=company.primary_user_id),
        standard=[row for row in rows if row.spec.tier == Tier.STANDARD],
        advanced=[row for row in rows if row.spec.tier == Tier.ADVANCED],
        connectors=health_of(company),
    )


def policy_rows(company: Company) -> list[PolicyRow]:
    """Every policy of the catalogue, in its order."""
    known = {policy.key: policy for policy in Policy.objects.of_company(company)}
    on_standard = company.tier != Tier.ADVANCED
    return [
        PolicyRow(spec, known.get(spec.key), is_closed=on_standard and spec.tier == Tier.ADVANCED) for spec in CATALOGUE
    ]


def connector_added_lately(company: Company, *, kind: str, name: str, by: Account) -> Connector | None:
    """The connector of this kind and name, where `by` added it within the last minutes: what a double click meets."""
    connector = Connector.objects.of_company(company).existing().filter(kind=kind, name=name).first()
    if connector is None or connector.created_at < timezone.now() - LATELY:
        return None
    added = AuditEvent.objects.filter(
        partner_id=company.partner_id,
        company_id=company.pk,
        kind=AuditKind.CONNECTORS,
        act=Act.CONNECTOR_ADDED,
        by_account=by,
        at__gte=connector.created_at,
    )
    return connector if any(event.data["connector"] == connector.pk for event in added) else None
