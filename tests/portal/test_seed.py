"""`manage.py seed`: a large data set that keeps every rule, and is the same for the same seed."""

import io
import random
from collections import Counter
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from companies.audit.models import AuditEvent
from companies.models import Company
from companies.partners.models import Partner
from companies.policies.models import Policy
from licensing.models import LedgerEntry
from licensing.reconciliation import reconcile
from portal.seeding import writing
from portal.seeding.names import LOCALES, Crowd, pools, to_ascii
from portal.seeding.shapes import WHALE, apportion, companies_per_partner, people_per_company
from users.accounts.models import Account, Assignment
from users.directory.models import Connector, Entry
from users.directory.queries import CALLS_DAILY, State, health
from users.models import StatusChange, User
from users.people import Person, clean_person


def seed(**arguments: Any) -> str:
    out = io.StringIO()
    call_command("seed", stdout=out, **arguments)
    return out.getvalue()


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """What was seeded, without the ids, which go on from where they were."""
    companies = [
        "partner__name",
        "name",
        "seats",
        "tier",
        "seats_used",
        "users_pending",
        "opened_at",
        "primary_user__email",
    ]
    people = ["company__name", "first_name", "last_name", "email", "status", "arrival", "since", "connector__kind"]
    changes = ["company__name", "user__email", "from_status", "to_status", "door", "at", "by_account__email"]
    entries = ["company__name", "number", "kind", "seats_from", "seats_to", "tier_from", "tier_to", "at"]
    return {
        "companies": list(Company.objects.order_by("pk").values_list(*companies)),
        "users": list(User.objects.order_by("pk").values_list(*people)),
        "changes": list(StatusChange.objects.order_by("pk").values_list(*changes)),
        "entries": list(LedgerEntry.objects.order_by("pk").values_list(*entries)),
        "policies": list(Policy.objects.order_by("pk").values_list("company__name", "key", "parameters")),
        "connectors": list(Connector.objects.order_by("pk").values_list("company__name", "kind", "token_hash")),
        "directory": list(
            Entry.objects.order_by("pk").values_list("user__email", "user_name", "scim_id", "created_at")
        ),
        "given": list(Assignment.objects.order_by("pk").values_list("account__email", "company__name")),
        "audit": list(AuditEvent.objects.order_by("pk").values_list("company__name", "act", "at")),
    }


@pytest.mark.django_db
def test_totals_are_exact_and_everything_agrees() -> None:
    """R3, R16 to R18 hold for every row, checked by the database at commit and by reconcile afterwards."""
    out = seed(partners=4, companies=60, users=3_000)

    result = reconcile()
    assert (result.partners, result.companies, result.users) == (4, 60, 3_000)
    assert result.findings == ()
    assert "Added 4 partners, 60 companies and 3000 users." in out
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db
def test_shapes_are_those_of_a_portal_in_use() -> None:
    """All statuses but Removed, both tiers, full pools, waiting people, ledgers of more than one entry."""
    seed(partners=3, companies=150, users=6_000)

    statuses = Counter(User.objects.values_list("status", flat=True))
    assert statuses["active"] > 5_400
    assert statuses["disabled"] > 100
    assert statuses["pending"] > 5
    assert statuses["removed"] == 0
    assert set(Company.objects.values_list("tier", flat=True)) == {"standard", "advanced"}
    assert Company.objects.filter(seats_available=0).count() > 5
    assert Company.objects.filter(seats_used__gte=5, seats_used__lte=200).count() > 110
    assert LedgerEntry.objects.count() > 1.5 * Company.objects.count()
    assert Policy.objects.blocking_downgrade().exists()
    assert StatusChange.objects.filter(door="directory").exists()
    assert not User.objects.filter(status="pending", connector__isnull=True).exists()


@pytest.mark.django_db
def test_every_person_of_a_directory_is_known_to_it() -> None:
    """What SCIM answers of them: each once, by an id and a user name of its own, as having come when they did."""
    seed(partners=2, companies=60, users=3_000)

    managed = User.objects.filter(connector__isnull=False)
    told = ["user_id", "connector_id", "user_name", "created_at", "active", "deleted_at"]
    expected = managed.values_list("pk", "connector_id", "email", "created_at").order_by("pk")
    assert expected
    assert list(Entry.objects.order_by("user_id").values_list(*told)) == [(*row, True, None) for row in expected]
    assert Entry.objects.values("scim_id").distinct().count() == len(expected)


@pytest.mark.django_db
def test_people_wait_only_where_the_pool_is_full_or_the_connector_asks() -> None:
    """R6: nobody waits beside a free seat, unless the connector's rule says so."""
    seed(partners=3, companies=150, users=6_000)

    with_room = User.objects.filter(status="pending", company__seats_available__gt=0)
    assert not with_room.filter(connector__asks_approval=False).exists()


@pytest.mark.django_db
def test_directories_call_still_but_for_one_that_fell_silent() -> None:
    """As seen from the day of loading, whatever the calendar of the data set."""
    seed(partners=2, companies=60, users=3_000)

    connectors = Connector.objects.order_by("pk")
    states = [(health(connector).state, connector.kind) for connector in connectors]
    assert len(states) > 5
    daily = [state for state, kind in states if kind in CALLS_DAILY]
    assert daily == [State.TROUBLE] + [State.IN_USE] * (len(daily) - 1)
    assert {state for state, kind in states if kind not in CALLS_DAILY} == {State.IN_USE}


@pytest.mark.django_db(transaction=True)
def test_the_same_seed_gives_the_same_data_set() -> None:
    """Repeatable: in a database of its own, a seed gives the same rows again; another seed gives others."""
    seed(partners=2, companies=20, users=500, seed=7)
    first = everything()
    call_command("flush", interactive=False, verbosity=0)
    seed(partners=2, companies=20, users=500, seed=7)
    second = everything()
    call_command("flush", interactive=False, verbosity=0)
    seed(partners=2, companies=20, users=500, seed=8)

    assert first == second
    assert everything()["users"] != first["users"]


@pytest.mark.django_db
def test_the_same_seed_twice_is_refused_and_another_is_added() -> None:
    """Nothing is doubled by running it again."""
    seed(partners=1, companies=3, users=30)
    with pytest.raises(CommandError, match="The data set 1 or a part of it is in the database already"):
        seed(partners=1, companies=3, users=30)
    seed(partners=1, companies=2, users=20, seed=2)

    assert (Partner.objects.count(), Company.objects.count(), User.objects.count()) == (2, 5, 50)


@pytest.mark.django_db
def test_r24_every_technician_is_given_a_third_of_the_companies_and_worked_in_no_other() -> None:
    """Of 40 companies every third of each partner: rounded up, so that each has one."""
    seed(partners=3, companies=40, users=2_000)

    for partner in Partner.objects.all():
        companies = Company.objects.filter(partner=partner).order_by("pk")
        given = Assignment.objects.filter(partner=partner).order_by("company")
        assert [row.company for row in given] == list(companies)[::3]
        assert {row.account.email[:4] for row in given} == {"tech"}
        done = StatusChange.objects.filter(partner=partner, by_account__role="technician")
        assert set(done.values_list("company", flat=True)) <= {row.company_id for row in given}
    assert Assignment.objects.count() >= 14


@pytest.mark.django_db
def test_what_comes_afterwards_gets_ids_of_its_own() -> None:
    """The ids were taken from the sequences, so the next row of the portal collides with none."""
    seed(partners=1, companies=3, users=30)

    for model in (Company, User, Connector, LedgerEntry, StatusChange, Policy, AuditEvent, Assignment):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table])
            following = cursor.fetchone()[0]
        assert following > max(model._default_manager.values_list("pk", flat=True), default=0)


@pytest.mark.django_db
def test_a_large_company_stretches_over_several_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by the chunk, not by the company."""
    monkeypatch.setattr(writing, "CHUNK", 40)
    seed(partners=1, companies=2, users=500)

    assert (
        sum(Company.objects.values_list("seats_used", flat=True)) + User.objects.filter(status="pending").count() == 500
    )
    assert reconcile().findings == ()


@pytest.mark.django_db
def test_nobody_can_sign_in_unless_a_password_is_given() -> None:
    """The demo's password belongs to the demo alone."""
    seed(partners=1, companies=1, users=1)
    seed(partners=1, companies=1, users=1, seed=2, password="correct horse")

    assert not any(
        account.has_usable_password() for account in Account.objects.filter(email__endswith="partner-1.example")
    )
    assert Account.objects.get(email="admin@partner-1.seed-2.example").check_password("correct horse")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("partners", "companies", "users", "message"),
    [
        (0, 1, 1, r"--partners must be at least 1, not 0\."),
        (3, 2, 9, r"--companies must be at least --partners \(3\), not 2\."),
        (1, 5, 4, r"--users must be at least --companies \(5\), not 4\."),
        (1, -5, 4, r"--companies must be at least --partners \(1\), not -5\."),
        (1, 1, 400_001, r"--users can be at most 400000 for each company; add companies\."),
    ],
)
def test_impossible_numbers_are_one_clear_line(partners: int, companies: int, users: int, message: str) -> None:
    """Nothing is stored."""
    with pytest.raises(CommandError, match=message):
        seed(partners=partners, companies=companies, users=users)
    assert not Partner.objects.exists()


def test_a_million_users_have_the_promised_shapes() -> None:
    """Most companies have 5 to 200 people, a few have 10,000 and more, and the sums are exact."""
    chance = random.Random(1)  # noqa: S311 - the same every time
    sizes = people_per_company(10_000, 1_000_000, chance)

    assert sum(sizes) == 1_000_000
    assert min(sizes) >= 1
    assert sum(5 <= size <= 200 for size in sizes) > 8_500
    assert 5 <= sum(size >= WHALE for size in sizes) <= 50
    assert sum(companies_per_partner(50, 10_000, chance)) == 10_000


@pytest.mark.parametrize(("total", "weights"), [(3, [1, 1, 1]), (10, [5, 1, 1]), (1_000, [7, 900, 13, 1])])
def test_parts_sum_up_and_none_is_empty(total: int, weights: list[int]) -> None:
    """R1: every company has its primary user."""
    parts = apportion(total, weights)

    assert sum(parts) == total
    assert min(parts) >= 1


@pytest.mark.parametrize("locale", LOCALES)
def test_people_of_a_company_have_addresses_of_their_own(locale: str) -> None:
    """R9: also beyond the number of name pairs, and every one would pass where people type."""
    crowd = Crowd.drawn(pools()[locale], random.Random(3))  # noqa: S311 - the same every time
    pairs = len(crowd.pool.first) * len(crowd.pool.last)
    positions = {*range(3_000), *range(pairs, pairs + 3_000)}

    assert len({crowd.person(position)[2] for position in positions}) == len(positions)
    for first_name, last_name, local in map(crowd.person, range(50)):
        person = Person(first_name, last_name, f"{local}@fabrikam.example")
        assert clean_person(person) == person


@pytest.mark.parametrize(
    ("text", "plain"),
    [("Müller", "mueller"), ("Łukasz", "lukasz"), ("O'Brien", "obrien"), ("José María", "jose-maria"), ("松本", "")],
)
def test_names_become_parts_of_addresses(text: str, plain: str) -> None:
    """Lower-case letters and hyphens only."""
    assert to_ascii(text) == plain
