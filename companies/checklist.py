"""What is still to be done before a new company is ready: read from how it is, not from ticks that somebody set."""

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from companies.queries import Setup
from licensing.enums import Tier
from users.accounts.permissions import Permission

type Text = str | Promise


@dataclass(frozen=True, slots=True)
class Way:
    """A link to where a step is done."""

    text: Text
    url: str


@dataclass(frozen=True, slots=True)
class Step:
    """One line. `ways` lead to where it is done; without one it follows from another, or is done."""

    name: str
    text: Text
    is_done: bool
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Checklist:
    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)


def checklist_of(company: Company, setup: Setup, permissions: Collection[Permission]) -> Checklist | None:
    """The steps that whoever has these permissions can do, or see follow. No query of its own.

    None once it was put away, where nothing is left to do, and for whoever can do nothing of it (R24).
    """
    if company.checklist_away_at is not None:
        return None
    steps = [_opened(), _seats(company), _policies(company, setup), _people(company, setup), *_sync(company, setup)]
    if all(step.is_done for _needs, step in steps) or not any(needs & set(permissions) for needs, _step in steps):
        return None
    return Checklist(tuple(step for needs, step in steps if not needs or needs & set(permissions)))


type _Step = tuple[set[Permission], Step]
"""And by which permissions it is done: one of them is enough."""


def _opened() -> _Step:
    return set(), Step("opened", _("The company was opened."), is_done=True)


def _seats(company: Company) -> _Step:
    """Opened with one seat alone, nobody but the primary user can be in."""
    way = Way(_("Choose the seats"), reverse("companies:license", args=[company.pk]))
    return {Permission.CHANGE_LICENSE}, Step("seats", _("It has seats for more people."), company.seats > 1, (way,))


def _policies(company: Company, setup: Setup) -> _Step:
    is_done = company.policies_reviewed_at is not None or any(row.is_on for row in (*setup.standard, *setup.advanced))
    way = Way(_("Look at the policies"), reverse("companies:settings", args=[company.pk]) + "#policies")
    return {Permission.CHANGE_POLICIES}, Step("policies", _("Its policies were reviewed."), is_done, (way,))


def _people(company: Company, setup: Setup) -> _Step:
    ways = [Way(_("Add people by hand or from a file"), reverse("users:add", args=[company.pk]))]
    if company.tier == Tier.ADVANCED:
        ways.append(Way(_("Connect a directory"), reverse("companies:connector_add", args=[company.pk])))
    is_done = _has_people(company) or bool(setup.connectors)
    step = Step("people", _("People were added, or a directory is connected."), is_done, tuple(ways))
    return {Permission.CHANGE_USERS, Permission.CHANGE_CONNECTORS}, step


def _sync(company: Company, setup: Setup) -> list[_Step]:
    """Where people were added by hand and no directory is connected, there is nothing to wait for."""
    if not setup.connectors and _has_people(company):
        return []
    connectors = [health.connector for health in setup.connectors]
    is_done = any(connector.last_contact_at for connector in connectors)
    silent = [connector for connector in connectors if connector.last_contact_at is None]
    ways = tuple(
        Way(connector.name, reverse("companies:connector", args=[company.pk, connector.pk])) for connector in silent
    )
    step = Step("sync", _("Its directory sent people for the first time."), is_done, ways)
    return [({Permission.CHANGE_CONNECTORS}, step)]


def _has_people(company: Company) -> bool:
    """Somebody beside the primary user, in a seat or waiting."""
    return company.seats_used > 1 or company.users_pending > 0
