"""What a partner owes for a month (R15), from ledger rows and terms written by hand around the ends of months."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from companies.models import Company
from companies.partners.models import Partner, Terms
from licensing.enums import LedgerKind, Tier
from licensing.models import LedgerEntry
from licensing.statements import closing, first_month, month_end, statement_for
from tests.factories import make_company, make_partner
from users.enums import UserStatus
from users.models import User
from users.provisioning import reserve_user_id

pytestmark = pytest.mark.django_db

S, A = Tier.STANDARD, Tier.ADVANCED
type Step = tuple[str, int, Tier]
"""When (UTC), and the seats and the tier from then on; 0 seats close the company."""

SEAT_HISTORY: list[Step] = [
    ("2025-12-15T08:00", 10, S),
    ("2026-01-20T08:00", 20, S),
    ("2026-02-14T08:00", 0, S),
]


def write_history(partner: Partner, steps: Sequence[Step], *, name: str = "Company") -> Company:
    """A company that stands where `steps` end, with the ledger that tells them."""
    _at, seats, tier = steps[-1]
    primary_id = reserve_user_id()
    company = Company.objects.create(
        partner=partner,
        name=name,
        seats=seats,
        tier=tier,
        primary_user_id=primary_id,
        closed_at=None if seats else moment(steps[-1][0]),
    )
    User.objects.create(
        pk=primary_id,
        partner=partner,
        company=company,
        first_name="Ann",
        last_name="Lee",
        email="ann@customer.example",
        status=UserStatus.ACTIVE if seats else UserStatus.REMOVED,
    )
    before: tuple[int, Tier | None] = (0, None)
    for number, (at, seats_to, tier_to) in enumerate(steps, start=1):
        LedgerEntry.objects.create(
            partner=partner,
            company=company,
            number=number,
            kind=kind_of(number, before[0], seats_to),
            seats_from=before[0],
            seats_to=seats_to,
            tier_from=before[1],
            tier_to=tier_to,
            at=moment(at),
        )
        before = (seats_to, tier_to)
    return company


def write_terms(partner: Partner, *history: tuple[str, dict[str, Any]]) -> None:
    """The partner's terms as they changed: 4 and 7 EUR in UTC but for what is named, with all triggers off."""
    usual: dict[str, Any] = {"price_standard": 4, "price_advanced": 7, "currency": "EUR", "time_zone": "UTC"}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Terms.objects.filter(partner=partner).delete()
        for since, terms in history:
            Terms.objects.create(partner=partner, since=moment(since), **usual | terms)
        Partner.objects.filter(pk=partner.pk).update(**usual | history[-1][1])
        cursor.execute("SET LOCAL session_replication_role = origin")
    partner.refresh_from_db()


def kind_of(number: int, seats_from: int, seats_to: int) -> LedgerKind:
    if number == 1:
        return LedgerKind.OPENED
    if not seats_to:
        return LedgerKind.CLOSED
    return LedgerKind.CHANGED if seats_from else LedgerKind.REOPENED


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def partner_in(zone: str) -> Partner:
    return Partner.objects.create(name=f"In {zone}", time_zone=zone, price_standard=4, price_advanced=7)


def lines(partner: Partner, month: str) -> list[tuple[str, Tier, int, Decimal]]:
    year, number = map(int, month.split("-"))
    found = statement_for(partner, year=year, month=number).lines
    return [(line.company_name, line.tier, line.seats, line.amount) for line in found]


@pytest.mark.parametrize(
    ("zone", "month", "end"),
    [
        ("UTC", (2026, 1), "2026-02-01T00:00"),
        ("UTC", (2026, 12), "2027-01-01T00:00"),
        ("UTC", (2028, 2), "2028-03-01T00:00"),
        # Summer in New Zealand: 13 hours ahead; winter: 12.
        ("Pacific/Auckland", (2026, 1), "2026-01-31T11:00"),
        ("Pacific/Auckland", (2026, 6), "2026-06-30T12:00"),
        # Winter in California: 8 hours behind; summer: 7.
        ("America/Los_Angeles", (2026, 1), "2026-02-01T08:00"),
        ("America/Los_Angeles", (2026, 6), "2026-07-01T07:00"),
        # Clocks change on March 29 and on October 25, within the month: its end is on the new time.
        ("Europe/Berlin", (2026, 2), "2026-02-28T23:00"),
        ("Europe/Berlin", (2026, 3), "2026-03-31T22:00"),
        ("Europe/Berlin", (2026, 10), "2026-10-31T23:00"),
        # Half past the hour.
        ("Asia/Kolkata", (2026, 4), "2026-04-30T18:30"),
        # Clocks went back over the end of the month: midnight came once.
        ("America/Sao_Paulo", (2026, 2), "2026-03-01T03:00"),
    ],
)
def test_a_month_ends_at_midnight_where_the_partner_is(zone: str, month: tuple[int, int], end: str) -> None:
    year, number = month
    assert month_end(zone, year=year, month=number) == moment(end)


@pytest.mark.parametrize(
    ("zone", "last_second", "first_second"),
    [
        ("UTC", "2026-01-31T23:59:59.999999", "2026-02-01T00:00"),
        ("Pacific/Auckland", "2026-01-31T10:59:59.999999", "2026-01-31T11:00"),
        ("America/Los_Angeles", "2026-02-01T07:59:59.999999", "2026-02-01T08:00"),
    ],
)
def test_the_last_moment_of_the_month_counts_and_the_first_of_the_next_does_not(
    zone: str, last_second: str, first_second: str
) -> None:
    partner = partner_in(zone)
    write_history(partner, [("2026-01-02T00:00", 10, S), (last_second, 15, S)], name="In time")
    write_history(partner, [("2026-01-02T00:00", 10, S), (first_second, 15, S)], name="Too late")

    assert lines(partner, "2026-01") == [("In time", S, 15, Decimal(60)), ("Too late", S, 10, Decimal(40))]
    assert lines(partner, "2026-02") == [("In time", S, 15, Decimal(60)), ("Too late", S, 15, Decimal(60))]


@pytest.mark.parametrize(
    ("at", "counted"),
    [("2026-03-31T21:59:59", 15), ("2026-03-31T22:00", 10), ("2026-03-31T23:00", 10)],
)
def test_a_month_in_which_the_clocks_change_ends_on_the_new_time(at: str, counted: int) -> None:
    """Berlin went from UTC+1 to UTC+2 on March 29, 2026: the last hour of UTC+1's March 31 is April already."""
    partner = partner_in("Europe/Berlin")
    write_history(partner, [("2026-01-02T00:00", 10, S), (at, 15, S)])
    assert lines(partner, "2026-03") == [("Company", S, counted, counted * Decimal(4))]


def test_there_is_no_proration_and_only_the_last_state_counts() -> None:
    partner = make_partner()
    write_history(
        partner,
        [("2026-01-02T00:00", 10, S), ("2026-01-03T00:00", 500, S), ("2026-01-31T23:00", 12, S)],
    )
    assert lines(partner, "2026-01") == [("Company", S, 12, Decimal(48))]


def test_a_tier_that_changes_on_the_last_day_counts_for_the_month() -> None:
    partner = make_partner()
    write_history(
        partner,
        [("2026-01-02T00:00", 10, S), ("2026-01-31T23:30", 10, A), ("2026-02-28T23:30", 10, S)],
    )
    assert lines(partner, "2026-01") == [("Company", A, 10, Decimal(70))]
    assert lines(partner, "2026-02") == [("Company", S, 10, Decimal(40))]


def test_changes_at_the_same_moment_count_in_the_order_of_their_numbers() -> None:
    partner = make_partner()
    at = "2026-01-31T12:00"
    write_history(partner, [(at, 10, S), (at, 11, S), (at, 9, S)])
    assert lines(partner, "2026-01") == [("Company", S, 9, Decimal(36))]


def test_closed_and_opened_again() -> None:
    """R15, R19: listed for each month at whose end it had seats."""
    partner = make_partner()
    write_history(
        partner,
        [
            ("2026-01-10T00:00", 10, A),
            ("2026-02-10T00:00", 0, A),
            ("2026-04-10T00:00", 5, S),
            ("2026-05-31T23:59", 0, S),
        ],
    )
    assert {month: lines(partner, f"2026-{month:02}") for month in range(1, 7)} == {
        1: [("Company", A, 10, Decimal(70))],
        2: [],
        3: [],
        4: [("Company", S, 5, Decimal(20))],
        5: [],
        6: [],
    }


def test_before_a_company_was_opened_it_is_not_listed() -> None:
    partner = make_partner()
    write_history(partner, [("2026-02-01T00:00", 10, S)])
    assert lines(partner, "2026-01") == []


def test_each_tier_has_its_price_and_the_total_is_their_sum() -> None:
    partner = Partner.objects.create(
        name="Swiss", price_standard=Decimal("3.35"), price_advanced=Decimal("6.99"), currency="CHF"
    )
    write_history(partner, [("2026-01-02T00:00", 3, S)], name="b")
    write_history(partner, [("2026-01-02T00:00", 7, A)], name="A")

    statement = statement_for(partner, year=2026, month=1)
    assert [(line.company_name, line.price, line.amount) for line in statement.lines] == [
        ("A", Decimal("6.99"), Decimal("48.93")),
        ("b", Decimal("3.35"), Decimal("10.05")),
    ]
    assert (statement.seats, statement.total, statement.currency) == (10, Decimal("58.98"), "CHF")


def test_seats_assigned_are_billed_used_or_not() -> None:
    partner = make_partner()
    company = make_company(partner, seats=10, used=4)
    entry = LedgerEntry.objects.get(company=company)
    statement = statement_for(partner, year=entry.at.year, month=entry.at.month)
    assert [(line.company_id, line.seats) for line in statement.lines] == [(company.pk, 10)]


def test_another_partners_companies_are_not_listed() -> None:
    """R23"""
    write_history(make_partner(), [("2026-01-02T00:00", 10, S)])
    partner = make_partner()
    statement = statement_for(partner, year=2026, month=1)
    assert (statement.lines, statement.seats, statement.total) == ((), 0, Decimal(0))


@pytest.mark.parametrize(
    ("now", "is_final"), [("2026-01-31T10:59:59", False), ("2026-01-31T11:00", True), ("2026-03-01T00:00", True)]
)
def test_a_statement_is_final_once_the_month_has_ended_there(now: str, *, is_final: bool) -> None:
    partner = partner_in("Pacific/Auckland")
    with time_machine.travel(moment(now), tick=False):
        assert statement_for(partner, year=2026, month=1).is_final is is_final


@pytest.mark.parametrize("companies", [1, 3])
def test_two_queries_at_any_size(django_assert_num_queries: DjangoAssertNumQueries, companies: int) -> None:
    partner = make_partner()
    for number in range(companies):
        write_history(partner, SEAT_HISTORY, name=f"Company {number}")
    with django_assert_num_queries(2):
        statement_for(partner, year=2026, month=1)


NEW_PRICES = {"price_standard": Decimal("4.50"), "price_advanced": 8}


def test_new_terms_leave_the_months_that_have_ended() -> None:
    """R15: what is final stays final; the present month has the present terms."""
    partner = make_partner()
    write_history(partner, [("2026-01-02T00:00", 3, S)], name="Old")
    company = make_company(partner, name="New", seats=10, tier=A)
    before = statement_for(partner, year=2026, month=1)

    Partner.objects.filter(pk=partner.pk).update(**NEW_PRICES, currency="USD", time_zone="Asia/Tokyo")
    partner.refresh_from_db()

    assert statement_for(partner, year=2026, month=1) == before
    assert (before.total, before.currency, before.time_zone, before.is_final) == (Decimal(12), "EUR", "UTC", True)
    today = timezone.localdate(timezone=dt.timezone(dt.timedelta(hours=9)))
    now = statement_for(partner, year=today.year, month=today.month)
    assert [(line.company_name, line.price) for line in now.lines] == [(company.name, 8), ("Old", Decimal("4.50"))]
    assert (now.total, now.currency, now.time_zone, now.is_final) == (Decimal("93.50"), "USD", "Asia/Tokyo", False)


@pytest.mark.parametrize(
    ("zone", "since", "january"),
    [
        ("UTC", "2026-01-31T23:59:59.999999", "45.00"),
        ("UTC", "2026-02-01T00:00", "40.00"),
        ("Pacific/Auckland", "2026-01-31T10:59:59.999999", "45.00"),
        ("Pacific/Auckland", "2026-01-31T11:00", "40.00"),
        ("America/Los_Angeles", "2026-02-01T07:59:59.999999", "45.00"),
        ("America/Los_Angeles", "2026-02-01T08:00", "40.00"),
    ],
)
def test_a_price_changed_on_the_last_day_counts_and_on_the_first_of_the_next_does_not(
    zone: str, since: str, january: str
) -> None:
    """R15: the price as it is at the end of the month's last day where the partner is."""
    partner = make_partner()
    write_history(partner, [("2026-01-02T00:00", 10, S)])
    write_terms(partner, ("2025-06-01T00:00", {"time_zone": zone}), (since, {"time_zone": zone} | NEW_PRICES))
    assert [statement_for(partner, year=2026, month=month).total for month in (1, 2)] == [Decimal(january), Decimal(45)]


def test_the_last_of_several_changes_in_a_month_counts_and_a_currency_is_that_of_its_month() -> None:
    """R15"""
    partner = make_partner()
    write_history(partner, [("2026-01-02T00:00", 10, A)])
    write_terms(
        partner,
        ("2026-01-01T00:00", {"price_advanced": 6}),
        ("2026-02-05T00:00", {"price_advanced": 9}),
        ("2026-02-20T00:00", {"price_advanced": 1100, "currency": "JPY"}),
        ("2026-03-20T00:00", {"price_advanced": 8, "currency": "CHF"}),
    )
    months = [statement_for(partner, year=2026, month=month) for month in (1, 2, 3, 4)]
    assert [(month.total, month.currency) for month in months] == [
        (Decimal(60), "EUR"),
        (Decimal(11_000), "JPY"),
        (Decimal(80), "CHF"),
        (Decimal(80), "CHF"),
    ]


def test_the_first_terms_stand_for_all_the_time_before() -> None:
    """R15: the ledger of a partner may be older than the terms that were kept."""
    partner = make_partner()
    write_history(partner, [("2024-01-02T00:00", 10, S)])
    write_terms(
        partner, ("2026-01-15T00:00", {"price_standard": 5, "currency": "GBP"}), ("2026-02-15T00:00", NEW_PRICES)
    )
    months = [statement_for(partner, year=year, month=month) for year, month in ((2024, 1), (2025, 12), (2026, 1))]
    assert [(month.total, month.currency) for month in months] == [(Decimal(50), "GBP")] * 3
    assert statement_for(partner, year=2026, month=2).total == 45


MOVES = {
    # From, to, when: what of January counts, in which zone, and when it ends.
    "long after": ("UTC", "Asia/Tokyo", "2026-03-05T00:00", "UTC", "2026-02-01T00:00"),
    "before": ("UTC", "Asia/Tokyo", "2026-01-05T00:00", "Asia/Tokyo", "2026-01-31T15:00"),
    # January was final in Auckland; in Los Angeles it has another 12 hours, which come too late.
    "west, after it ended": (
        "Pacific/Auckland",
        "America/Los_Angeles",
        "2026-01-31T20:00",
        "Pacific/Auckland",
        "2026-01-31T11:00",
    ),
    "west, as it ended": (
        "Pacific/Auckland",
        "America/Los_Angeles",
        "2026-01-31T11:00",
        "Pacific/Auckland",
        "2026-01-31T11:00",
    ),
    "west, before it ended": (
        "Pacific/Auckland",
        "America/Los_Angeles",
        "2026-01-31T10:00",
        "America/Los_Angeles",
        "2026-02-01T08:00",
    ),
    # In Auckland it is February already: January ends with the move, and not before, when others could still change it.
    "east, over the end": (
        "America/Los_Angeles",
        "Pacific/Auckland",
        "2026-01-31T20:00",
        "America/Los_Angeles",
        "2026-01-31T20:00",
    ),
}


@pytest.mark.parametrize("move", MOVES)
def test_a_partner_that_moves_has_each_month_end_once(move: str) -> None:
    """R15: the time zone is part of the terms."""
    before, after, since, zone, end = MOVES[move]
    partner = make_partner()
    late = (moment(end) - dt.timedelta(microseconds=1)).isoformat()[:26]
    write_history(partner, [("2026-01-02T00:00", 10, S), (late, 15, S), (end, 20, S)])
    write_terms(partner, ("2025-06-01T00:00", {"time_zone": before}), (since, {"time_zone": after}))

    january, february = (statement_for(partner, year=2026, month=month) for month in (1, 2))
    assert (january.time_zone, january.seats, february.time_zone, february.seats) == (
        zone,
        15,
        before if move == "long after" else after,
        20,
    )
    for now, is_final in [(late, False), (end, True)]:
        with time_machine.travel(moment(now), tick=False):
            assert statement_for(partner, year=2026, month=1).is_final is is_final


ZONES = ["UTC", "Pacific/Auckland", "Pacific/Kiritimati", "America/Los_Angeles", "Pacific/Pago_Pago", "Europe/Berlin"]
HOURS = st.lists(st.integers(0, 24 * 90), min_size=1, max_size=8, unique=True).map(sorted)


@given(data=st.data(), hours=HOURS)
def test_no_later_terms_move_the_end_of_a_month_that_is_over(data: st.DataObject, hours: list[int]) -> None:
    """R15: after each change, what was over by then ended when it ended and with the same terms; months end in order,
    and each with the partner's calendar."""
    history = [
        Terms(since=moment("2025-12-15T00:00") + dt.timedelta(hours=hour), time_zone=data.draw(st.sampled_from(ZONES)))
        for hour in hours
    ]
    months = [(2025, 12), (2026, 1), (2026, 2), (2026, 3)]
    for known in range(1, len(history)):
        for year, month in months:
            terms, end = closing(history[:known], year=year, month=month)
            if end <= history[known].since:
                assert closing(history, year=year, month=month) == (terms, end)
    ends = [closing(history, year=year, month=month)[1] for year, month in months]
    assert ends == sorted(set(ends))
    for (year, month), end in zip(months, ends, strict=True):
        in_force = next((terms for terms in reversed(history) if terms.since <= end), history[0])
        assert end >= month_end(in_force.time_zone, year=year, month=month)


def test_the_first_month_is_that_of_the_first_entry_where_the_partner_was_then() -> None:
    """R15: a later move hides no statement."""
    partner = make_partner()
    assert first_month(partner) is None
    write_history(partner, [("2026-02-01T04:00", 10, S)])
    zones = ("America/Los_Angeles", "Asia/Tokyo")
    write_terms(partner, ("2026-01-01T00:00", {"time_zone": zones[0]}), ("2026-03-01T00:00", {"time_zone": zones[1]}))
    assert first_month(partner) == dt.date(2026, 1, 1)
    write_terms(partner, ("2026-03-01T00:00", {"time_zone": zones[1]}))
    assert first_month(partner) == dt.date(2026, 2, 1)
