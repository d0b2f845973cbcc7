"""Everything that the database holds about a partner, to prove that a refusal changed nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.models import Company
from companies.partners.models import Partner
from licensing.errors import Refusal
from users.accounts.models import SentForm
from users.models import ImportRow, ImportRun, StatusChange, User

_ASIDE = {ImportRow, ImportRun, SentForm}

type Facts = dict[str, list[dict[str, Any]]]


def facts(of: Partner | Company) -> Facts:
    """Every row of every table that names the partner: companies, users, policies, ledger, history, audit, …

    But for files that wait for a confirmation, and what is noted of forms that were sent: they are nothing of the
    company. And but for the audit's word that somebody was refused: that is no change.
    """
    partner_id = of.pk if isinstance(of, Partner) else of.partner_id
    rows: Facts = {}
    for model in apps.get_models():
        if any(field.name == "partner" for field in model._meta.fields) and model not in _ASIDE:
            rows[model._meta.label] = list(model._default_manager.filter(partner_id=partner_id).order_by("pk").values())
    events = AuditEvent._meta.label
    rows[events] = [row for row in rows[events] if row["act"] != Act.ACCESS_REFUSED]
    return rows


@contextmanager
def nothing_changes(of: Partner | Company) -> Iterator[None]:
    before = facts(of)
    yield
    assert facts(of) == before


@contextmanager
def refused(kind: type[Refusal], of: Partner | Company, **data: Any) -> Iterator[None]:
    """The block is refused with exactly this class and these numbers, and leaves every row as it was."""
    with nothing_changes(of):
        with pytest.raises(kind) as caught:
            yield
        assert (caught.type, caught.value.data) == (kind, data)


def numbers(company: Company) -> tuple[int, int, int]:
    """Seats, used and pending, as the database has them now."""
    company.refresh_from_db()
    return company.seats, company.seats_used, company.users_pending


def statuses(company: Company) -> list[str]:
    """The status of everyone ever listed, in the order of adding."""
    return list(User.objects.of_company(company).order_by("pk").values_list("status", flat=True))


def history(user: User) -> list[tuple[str, str, str]]:
    """From, to and door of each of the user's status changes, oldest first."""
    changes = StatusChange.objects.filter(partner_id=user.partner_id, user=user).order_by("pk")
    return list(changes.values_list("from_status", "to_status", "door"))
