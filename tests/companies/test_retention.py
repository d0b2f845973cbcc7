"""The audit only grows; network addresses alone are forgotten, when old (R16, and the law about personal data)."""

# ruff: noqa: S608 - statements are put together from constants of these tests

import datetime as dt
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.utils import timezone
from procrastinate.contrib.django import app

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.audit.retention import forget_addresses
from companies.audit.tasks import forget_old_addresses
from companies.partners.models import Partner
from companies.partners.scope import partner_scope, sign_in_scope, support_scope
from tests.database import refuses, run
from tests.factories import make_account, make_company, make_partner

pytestmark = pytest.mark.django_db

COLUMNS = sorted({str(field.column) for field in AuditEvent._meta.concrete_fields} - {"id", "address"})
OTHER: dict[str, str] = {
    "partner_id": "(SELECT max(id) FROM partners_partner)",
    "company_id": "(SELECT max(id) FROM companies_company)",
    "kind": "'users'",
    "act": "'signed_out'",
    "data": "'{\"account\": 7}'",
    "by_account_id": "(SELECT max(id) FROM accounts_account)",
    "by_connector_id": "7",
    "reason": "'Other'",
    "outcome": "'refused'",
    "at": "now()",
}


def make_event(partner: Partner, *, days: int, address: str | None = "192.0.2.7") -> AuditEvent:
    at = timezone.now() - dt.timedelta(days=days)
    return AuditEvent.objects.create(
        partner=partner, kind="accounts", act=Act.SIGNED_IN, data={"account": 1}, address=address, at=at
    )


@pytest.fixture
def partner() -> Partner:
    return make_partner()


def test_old_addresses_are_forgotten_and_nothing_else(partner: Partner, settings: Any) -> None:
    settings.KEEP_ADDRESSES_DAYS = 100
    for of, days in ((partner, 101), (make_partner(), 400)):
        make_event(of, days=days)
    make_event(partner, days=101, address=None)
    recent = make_event(partner, days=99)
    before = list(AuditEvent.objects.order_by("id").values())
    assert forget_addresses() == 2
    assert forget_addresses() == 0
    expected = [row | ({"address": None} if row["id"] != recent.pk else {}) for row in before]
    assert list(AuditEvent.objects.order_by("id").values()) == expected


def test_the_command_says_how_many(partner: Partner) -> None:
    make_event(partner, days=181)
    make_event(partner, days=179)
    said = StringIO()
    call_command("forget_addresses", stdout=said)
    assert said.getvalue() == "1 network address was forgotten.\n"


@pytest.mark.parametrize("column", COLUMNS)
def test_nothing_else_of_an_old_event_can_be_changed(partner: Partner, column: str) -> None:
    """Neither alone nor together with its address; this is the owner of the tables who tries."""
    event = make_event(partner, days=400)
    make_company(make_partner())
    make_account()
    change = f"{column} = {OTHER[column]}"
    refuses("audit_forgets_old_addresses_only", f"UPDATE audit_auditevent SET {change} WHERE id = %s", event.pk)
    refuses(
        "audit_forgets_old_addresses_only",
        f"UPDATE audit_auditevent SET address = NULL, {change} WHERE id = %s",
        event.pk,
    )


def test_every_column_is_tried() -> None:
    assert sorted(OTHER) == COLUMNS


def test_an_address_can_be_forgotten_not_forged(partner: Partner) -> None:
    event, blank = make_event(partner, days=400), make_event(partner, days=400, address=None)
    for row in (event, blank):
        refuses(
            "audit_forgets_old_addresses_only",
            "UPDATE audit_auditevent SET address = '198.51.100.1' WHERE id = %s",
            row.pk,
        )
    run("UPDATE audit_auditevent SET address = NULL WHERE id = %s", event.pk)
    event.refresh_from_db()
    assert event.address is None


def test_what_is_recent_is_kept_whoever_asks(partner: Partner) -> None:
    """An attacker with the portal's own database role cannot wipe where they came from."""
    event = make_event(partner, days=29)
    refuses("audit_forgets_old_addresses_only", "SELECT audit_forget_addresses(now())")
    refuses("audit_forgets_old_addresses_only", "UPDATE audit_auditevent SET address = NULL WHERE id = %s", event.pk)
    event.refresh_from_db()
    assert event.address == "192.0.2.7"


def test_deleting_is_refused_too(partner: Partner) -> None:
    make_event(partner, days=400)
    refuses("audit_is_append_only", "DELETE FROM audit_auditevent")
    refuses("audit_is_append_only", "TRUNCATE audit_auditevent CASCADE")


@pytest.mark.parametrize("scope", [sign_in_scope, lambda: partner_scope(1), support_scope])
def test_no_request_can_forget(partner: Partner, scope: Any) -> None:
    """Requests are served in a scope; the worker's role is in none."""
    event = make_event(partner, days=400)
    for sql in ("SELECT audit_forget_addresses(now())", "UPDATE audit_auditevent SET address = NULL"):
        with pytest.raises(ProgrammingError, match="permission denied"), scope():
            run(sql)
    event.refresh_from_db()
    assert event.address == "192.0.2.7"


def test_the_worker_does_it_every_night(partner: Partner) -> None:
    """As the role that it signs in as, in no scope."""
    event = make_event(partner, days=400)
    assert app.tasks["forget_addresses"] is forget_old_addresses
    assert {task.task.name for task in app.periodic_registry.periodic_tasks.values()} >= {"forget_addresses"}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE portal_app")
        forget_old_addresses(timestamp=0)
        cursor.execute("RESET ROLE")
    event.refresh_from_db()
    assert event.address is None


def test_what_sign_ins_had_kept_in_their_data_is_moved(partner: Partner) -> None:
    """The migration, on rows as the version before it wrote them."""
    migration = import_module("companies.audit.migrations.0008_forget_addresses")
    for act, address in (
        ("signed_in", "192.0.2.7"),
        ("sign_in_failed", "::1"),
        ("signed_out", ""),
        ("signed_in", "no-address"),
    ):
        AuditEvent.objects.create(partner=partner, kind="accounts", act=act, data={"account": 1, "address": address})
    untouched = make_event(partner, days=1, address="192.0.2.9")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_forgets_old_addresses_only ON audit_auditevent")
        cursor.execute("DROP FUNCTION audit_refuse_change()")
        cursor.execute(migration.MOVED)
        cursor.execute(migration.GUARD)
    rows = AuditEvent.objects.exclude(pk=untouched.pk).order_by("id").values_list("act", "address", "outcome", "data")
    assert list(rows) == [
        ("signed_in", "192.0.2.7", "done", {"account": 1}),
        ("sign_in_failed", "::1", "refused", {"account": 1}),
        ("signed_out", None, "done", {"account": 1}),
        ("signed_in", None, "done", {"account": 1}),
    ]
    untouched.refresh_from_db()
    assert (untouched.address, untouched.data) == ("192.0.2.9", {"account": 1})
