"""What the company screens show, read in as few queries as they need."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Q, Sum, Value
from django.utils import timezone

from companies.audit.enums import Act, AuditKind
from companies.audit.models import AuditEvent
from companies.models import Company
from companies.partners.models import Partner
from companies.policies.catalogue import CATALOGUE, PolicySpec
from companies.policies.models import Policy
from companies.querysets import NEARLY_FULL, OVER_PROVIDED, CompanyQuerySet
from licensing.enums import Tier
from users.accounts.models import Account
from users.directory.models import Connector
from users.directory.queries import Health, State, health_of
from users.models import User

LATELY = dt.timedelta(minutes=10)
_TOTALS = {
    "companies": Count("pk"),
    "seats": Sum("seats", default=0),
    "used": Sum("seats_used", default=0),
    "pending": Sum("users_pending", default=0),
}


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
    return Totals(**companies.order_by().aggregate(**_TOTALS))


@dataclass(frozen=True, slots=True)
class Overview:
    """How all companies stand together: what Home counts."""

    totals: Totals
    waiting_in: int
    """In how many companies people wait."""
    nearly_full: int
    over_provided: int
    unused: dict[Tier, int]
    """The available seats of the over-provided companies, by tier."""

    @property
    def unused_seats(self) -> int:
        return sum(self.unused.values())

    def unused_cost(self, partner: Partner) -> Decimal:
        """What those seats cost the partner a month, at its present prices (R15)."""
        return sum((partner.price_of(tier) * seats for tier, seats in self.unused.items()), Decimal(0))


def overview_of(companies: CompanyQuerySet) -> Overview:
    """One query."""
    unused = {tier: Sum("seats_available", filter=OVER_PROVIDED & Q(tier=tier), default=0) for tier in Tier}
    found = companies.order_by().aggregate(
        waiting_in=Count("pk", filter=Q(users_pending__gt=0)),
        nearly_full=Count("pk", filter=NEARLY_FULL),
        over_provided=Count("pk", filter=OVER_PROVIDED),
        **{f"unused_{tier.value}": total for tier, total in unused.items()},
        **_TOTALS,  # the last, since one is called `seats` as a column is
    )
    return Overview(
        totals=Totals(**{name: found[name] for name in _TOTALS}),
        waiting_in=found["waiting_in"],
        nearly_full=found["nearly_full"],
        over_provided=found["over_provided"],
        unused={tier: found[f"unused_{tier.value}"] for tier in Tier},
    )


def extremes_of(companies: CompanyQuerySet, *, shown: int) -> tuple[list[Company], list[Company]]:
    """The nearly full companies that lack the most seats, then the over-provided ones with the most unused seats.

    A company lacks as many seats as people wait beyond those available. `shown` of each at most: one query.
    """
    lacking = companies.nearly_full().annotate(is_spare=Value(False))
    lacking = lacking.order_by(F("seats_available") - F("users_pending"), "name_sort", "pk")[:shown]
    spare = companies.over_provided().annotate(is_spare=Value(True))
    spare = spare.order_by("-seats_available", "name_sort", "pk")[:shown]
    # Each half comes in its order; that of the whole is not promised.
    found = sorted(lacking.union(spare, all=True), key=lambda company: (company.name_sort, company.pk))
    nearly_full = [company for company in found if not vars(company)["is_spare"]]
    over_provided = [company for company in found if vars(company)["is_spare"]]
    return (
        sorted(nearly_full, key=lambda company: company.seats_available - company.users_pending),
        sorted(over_provided, key=lambda company: -company.seats_available),
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
    former_connectors: list[Health]
    """Those that were removed, the latest added last."""


def setup_of(company: Company) -> Setup:
    rows = policy_rows(company)
    connectors = health_of(company)
    return Setup(
        primary=User.objects.of_company(company).get(pk=company.primary_user_id),
        standard=[row for row in rows if row.spec.tier == Tier.STANDARD],
        advanced=[row for row in rows if row.spec.tier == Tier.ADVANCED],
        connectors=[health for health in connectors if health.state != State.REMOVED],
        former_connectors=[health for health in connectors if health.state == State.REMOVED],
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
