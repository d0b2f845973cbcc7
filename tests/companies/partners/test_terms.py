"""A partner's terms are kept by the database, by whatever way they change, and stay as they were (R15)."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from companies.partners.models import Partner, Terms
from companies.partners.scope import support_scope
from tests.database import refuses, run
from tests.factories import make_partner

pytestmark = pytest.mark.django_db

type Kept = tuple[Decimal, Decimal, str, str]

FIRST: Kept = (Decimal(4), Decimal(7), "EUR", "UTC")


def kept(partner: Partner) -> list[Kept]:
    """What is kept of the partner's terms, oldest first."""
    rows = Terms.objects.filter(partner=partner).order_by("since")
    return list(rows.values_list("price_standard", "price_advanced", "currency", "time_zone"))


def test_the_first_terms_begin_with_the_partner() -> None:
    partner = make_partner()
    partner.refresh_from_db()
    assert kept(partner) == [FIRST]
    assert Terms.objects.get().since == partner.created_at


def test_many_partners_at_once_have_theirs() -> None:
    partners = Partner.objects.bulk_create(Partner(name=f"P{number}", price_standard=number) for number in range(3))
    assert [kept(partner) for partner in partners] == [
        [(Decimal(number), Decimal(0), "EUR", "UTC")] for number in range(3)
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"price_standard": Decimal("4.01")}, (Decimal("4.01"), 7, "EUR", "UTC")),
        ({"price_advanced": 0}, (4, 0, "EUR", "UTC")),
        ({"currency": "CHF"}, (4, 7, "CHF", "UTC")),
        ({"time_zone": "Asia/Tokyo"}, (4, 7, "EUR", "Asia/Tokyo")),
        ({"price_standard": 5, "currency": "USD", "name": "Other"}, (5, 7, "USD", "UTC")),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_each_change_is_kept_once(change: dict[str, Any], expected: Kept) -> None:
    partner, other = make_partner(), make_partner()
    Partner.objects.filter(pk=partner.pk).update(**change)
    assert (kept(partner), kept(other)) == ([FIRST, expected], [FIRST])


def test_nothing_is_kept_when_no_terms_changed() -> None:
    """Saved as they are, a new name, the same price said in another way."""
    partner = make_partner()
    partner.save()
    Partner.objects.filter(pk=partner.pk).update(name="Other")
    run("UPDATE partners_partner SET price_standard = 4.000, time_zone = 'UTC' WHERE id = %s", partner.pk)
    assert kept(partner) == [FIRST]


def test_changes_at_the_same_moment_are_kept_in_their_order() -> None:
    """All statements of one block have one time."""
    partner = make_partner("Northwind")
    run(
        "DO $$ BEGIN FOR price IN 10..12 LOOP"
        " UPDATE partners_partner SET price_standard = price WHERE name = 'Northwind'; END LOOP; END $$"
    )
    assert [price for price, *_rest in kept(partner)] == [4, 10, 11, 12]


def test_a_clock_that_goes_back_does_not_turn_the_order_round() -> None:
    partner = make_partner()
    later = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Terms.objects.update(since=later)
        cursor.execute("SET LOCAL session_replication_role = origin")
    Partner.objects.filter(pk=partner.pk).update(price_standard=5)
    assert [price for price, *_rest in kept(partner)] == [4, 5]
    assert Terms.objects.latest("since").since == later + dt.timedelta(microseconds=1)


def test_a_change_that_is_rolled_back_leaves_no_terms() -> None:
    partner = make_partner()
    with transaction.atomic():
        Partner.objects.filter(pk=partner.pk).update(price_standard=5)
        transaction.set_rollback(True)
    assert kept(partner) == [FIRST]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE partners_terms SET since = since", "DELETE FROM partners_terms WHERE id = -1", "TRUNCATE partners_terms"],
)
def test_terms_are_append_only(statement: str) -> None:
    """R15: like the ledger, not even of no row."""
    make_partner()
    refuses("terms_are_append_only", statement)


def test_terms_cannot_be_slipped_in_between() -> None:
    """R15: the past could be rewritten by older terms, too."""
    partner = make_partner()
    refuses(
        "terms_are_kept_by_the_database",
        "INSERT INTO partners_terms (partner_id, since, price_standard, price_advanced, currency, time_zone)"
        " VALUES (%s, '2020-01-01', 0, 0, 'EUR', 'UTC')",
        partner.pk,
    )


def test_whoever_may_change_a_partner_need_not_write_terms() -> None:
    """R23: the trigger runs with its owner's rights."""
    partner = make_partner()
    with support_scope(), connection.cursor() as cursor:
        cursor.execute("UPDATE partners_partner SET price_standard = 5 WHERE id = %s", [partner.pk])
    assert [price for price, *_rest in kept(partner)] == [4, 5]


def test_partners_from_before_terms_were_kept_get_theirs() -> None:
    """R15: the migration keeps what is agreed now, from the partner's beginning on."""
    partner = make_partner()
    connection.check_constraints()
    call_command("migrate", "partners", "0001", verbosity=0)
    Partner.objects.filter(pk=partner.pk).update(price_standard=5, created_at=dt.datetime(2024, 5, 1, tzinfo=dt.UTC))
    call_command("migrate", "partners", verbosity=0)
    assert kept(partner) == [(Decimal(5), Decimal(7), "EUR", "UTC")]
    assert Terms.objects.get().since == dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
