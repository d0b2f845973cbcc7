"""What the pages of connectors read: how each fares, its people, its runs, and what is held."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from companies.querysets import CompanyQuerySet
from users.directory.enums import ConnectorKind, OutcomeKind
from users.directory.models import Connector, HeldChange, Outcome, Run
from users.directory.querysets import ConnectorQuerySet
from users.enums import SEAT_HOLDERS, UserStatus, Withdrawal
from users.models import User

SILENT_AFTER = dt.timedelta(days=2)
CALLS_DAILY = frozenset({ConnectorKind.ACTIVE_DIRECTORY, ConnectorKind.ENTRA_ID})
"""These ask at least daily even where nothing changes; of others, silence means nothing."""

ERRORS_SHOWN = 5
_RUNS_WITH_ERRORS = 20
DIFFERENCES_SHOWN = 100


class State(models.TextChoices):
    """How a connector fares, in one word."""

    IN_USE = "in_use", _("In use")
    PAUSED = "paused", _("Paused")
    NEVER = "never", _("Never contacted")
    TROUBLE = "trouble", _("In trouble")
    REMOVED = "removed", _("Removed")


@dataclass(frozen=True, slots=True)
class Health:
    """How a connector fares: `held` changes wait for an Admin, people were `refused` in its last run, it is silent."""

    connector: Connector
    people: int
    held: int
    refused: int

    @property
    def is_silent(self) -> bool:
        """It should have asked meanwhile, whether anything changed or not."""
        last = self.connector.last_contact_at
        return self.connector.kind in CALLS_DAILY and last is not None and last < timezone.now() - SILENT_AFTER

    @property
    def state(self) -> State:
        if self.connector.removed_at:
            return State.REMOVED
        if self.connector.paused_at:
            return State.PAUSED
        if self.held or self.refused:
            return State.TROUBLE
        if self.connector.last_contact_at is None:
            return State.NEVER
        return State.TROUBLE if self.is_silent else State.IN_USE


@dataclass(frozen=True, slots=True)
class People:
    """Whom a connector manages, of those on the Users tab (R2)."""

    managed: int
    seated: int
    waiting: int


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run, with how many people came to each outcome in it."""

    run: Run
    counts: list[tuple[OutcomeKind, int]]


def health_of(company: Company) -> list[Health]:
    """How each of the company's connectors fares, oldest first, those that were removed among them: one query."""
    return [_health(connector) for connector in _with_health(connectors_ever_of(company))]


def in_trouble(companies: CompanyQuerySet) -> list[Health]:
    """The connectors of `companies` that are in trouble: first those that hold changes back, then the newest trouble.

    One query. It leaves out those that are surely in no trouble; the `state` of the others decides.
    """
    existing = Connector.objects.existing().filter(company__in=companies, paused_at__isnull=True)
    maybe = Q(held_count__gt=0) | Q(refused__gt=0) | Q(last_contact_at__lt=timezone.now() - SILENT_AFTER)
    connectors = _with_health(with_people(existing)).filter(maybe).select_related("company")
    found = [_health(connector) for connector in connectors]
    found = [health for health in found if health.state == State.TROUBLE]
    return sorted(found, key=_urgency)


def health(connector: Connector) -> Health:
    own = Connector.objects.filter(partner_id=connector.partner_id, pk=connector.pk)
    return _health(_with_health(with_people(own)).get())


def connectors_of(company: Company) -> QuerySet[Connector]:
    """The connectors that exist, oldest first, each with `people`: how many on the Users tab it manages."""
    return with_people(Connector.objects.of_company(company).existing()).order_by("pk")


def connectors_ever_of(company: Company) -> QuerySet[Connector]:
    """The same, and those that were removed: what they did stays to be read."""
    return with_people(Connector.objects.of_company(company)).order_by("pk")


def with_people(connectors: ConnectorQuerySet) -> ConnectorQuerySet:
    # Counted for each connector by index: joined, all people of all companies would be read.
    own = User.objects.listed().filter(
        partner=OuterRef("partner"), company=OuterRef("company"), connector=OuterRef("pk")
    )
    return connectors.annotate(people=_count(own, "connector"))


def people_of(connector: Connector) -> People:
    """How many it manages, how many of them hold a seat, and how many wait."""
    people = User.objects.listed().filter(
        partner_id=connector.partner_id, company_id=connector.company_id, connector_id=connector.pk
    )
    counts = people.order_by().aggregate(
        managed=Count("pk"),
        seated=Count("pk", filter=Q(status__in=SEAT_HOLDERS)),
        waiting=Count("pk", filter=Q(status=UserStatus.PENDING)),
    )
    return People(**counts)


def ready_to_hand_over(connector: Connector) -> QuerySet[User]:
    """Whom the portal can manage from now on as they are (R9, R21): nobody while the connector exists."""
    people = User.objects.listed().filter(
        partner_id=connector.partner_id, connector_id=connector.pk, connector__removed_at__isnull=False
    )
    return people.exclude(Q(first_name="") | Q(last_name="") | Q(email=""))


def held_of(connector: Connector) -> QuerySet[HeldChange]:
    """What is held until an Admin decides (R22), oldest first, with the person of each."""
    return _held(connector).filter(decided_at__isnull=True).order_by("id")


def differences_of(connector: Connector) -> list[HeldChange]:
    """What was rejected and still is another way in the directory (R22), newest first; the newest of many.

    A removed connector tells of no directory any more.
    """
    differs = Q(entry__deleted_at__isnull=False) | Q(entry__active=False)
    stands = Q(how=Withdrawal.REMOVE) & ~Q(entry__user__status=UserStatus.REMOVED) | Q(
        how=Withdrawal.DISABLE,
        entry__user__status__in=(UserStatus.ACTIVE, UserStatus.PENDING),
        entry__user__is_inactive_in_directory=False,
    )
    if connector.removed_at:
        return []
    rejected = _held(connector).filter(differs & stands, decided_by__isnull=False, is_confirmed=False)
    newest = {change.entry_id: change for change in rejected.order_by("id")}
    return sorted(newest.values(), key=lambda change: -change.pk)[:DIFFERENCES_SHOWN]


def held_in(company: Company) -> QuerySet[Connector]:
    """The company's connectors that hold changes back (R22), each with `held_count`: how many."""
    connectors = Connector.objects.of_company(company).existing().filter(Exists(_held_by_outer()))
    return _with_held(connectors).order_by("pk")


def runs_of(connector: Connector) -> QuerySet[Run]:
    """Newest first."""
    return Run.objects.filter(partner_id=connector.partner_id, connector_id=connector.pk).order_by("-id")


def lines_of(runs: Sequence[Run]) -> list[RunLine]:
    """The runs with what they came to: one query for all of them."""
    counts: dict[int, dict[str, int]] = {run.pk: {} for run in runs}
    if runs:
        found = Outcome.objects.filter(partner_id=runs[0].partner_id, run__in=counts)
        for run_id, kind, count in found.order_by().values_list("run_id", "kind").annotate(Count("pk")):
            counts[run_id][kind] = count
    return [
        RunLine(run, [(kind, counts[run.pk][kind]) for kind in OutcomeKind if kind in counts[run.pk]]) for run in runs
    ]


def outcomes_of(run: Run) -> QuerySet[Outcome]:
    """What became of each person, in the order in which the directory sent them."""
    outcomes = Outcome.objects.filter(partner_id=run.partner_id, run_id=run.pk)
    return outcomes.select_related("entry__user").order_by("id")


def errors_of(connector: Connector) -> list[Outcome]:
    """The people who could not be brought in lately, the last one first."""
    lately = list(runs_of(connector).values_list("pk", flat=True)[:_RUNS_WITH_ERRORS])
    outcomes = Outcome.objects.filter(partner_id=connector.partner_id, run__in=lately, kind=OutcomeKind.REFUSED)
    return list(outcomes.select_related("entry__user").order_by("-id")[:ERRORS_SHOWN])


def _health(connector: Connector) -> Health:
    counted = vars(connector)
    return Health(connector, people=counted["people"], held=counted["held_count"], refused=counted["refused"])


def _urgency(health: Health) -> tuple[bool, bool, float, int]:
    last = health.connector.last_contact_at
    return not health.held, not health.refused, -last.timestamp() if last else 0, health.connector.pk


def _with_health(connectors: QuerySet[Connector]) -> QuerySet[Connector]:
    own_runs = Run.objects.filter(partner=OuterRef("partner"), connector=OuterRef("pk"))
    connectors = connectors.annotate(last_run=Subquery(own_runs.order_by("-id").values("pk")[:1]))
    refused = Outcome.objects.filter(
        partner=OuterRef("partner"), run=OuterRef("last_run"), kind=OutcomeKind.REFUSED
    ).order_by()
    # Whoever was sent again and again in one run is one person.
    persons = Count("entry", distinct=True) + Count("named", distinct=True, filter=Q(entry__isnull=True))
    counted = refused.values("run").annotate(count=persons).values("count")
    return _with_held(connectors).annotate(refused=Coalesce(Subquery(counted, output_field=IntegerField()), 0))


def _with_held(connectors: QuerySet[Connector]) -> QuerySet[Connector]:
    return connectors.annotate(held_count=_count(_held_by_outer(), "connector"))


def _held_by_outer() -> QuerySet[HeldChange]:
    return HeldChange.objects.filter(partner=OuterRef("partner"), connector=OuterRef("pk"), decided_at__isnull=True)


def _count[Row: models.Model](rows: QuerySet[Row], by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _held(connector: Connector) -> QuerySet[HeldChange]:
    held = HeldChange.objects.filter(partner_id=connector.partner_id, connector_id=connector.pk)
    return held.select_related("entry__user", "decided_by")
