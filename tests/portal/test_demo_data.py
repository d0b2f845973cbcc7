"""The demo data."""

import datetime as dt
from collections import Counter

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from companies.audit.models import AuditEvent
from companies.models import Company
from companies.partners.models import Partner
from companies.policies.models import Policy
from licensing.models import LedgerEntry
from licensing.tier_changes import downgrade_blockers
from portal import demo_data
from portal.management.commands.demo import SIGN_INS, refuse_foreign_database
from portal.seeding.partners import DEFAULT_SEED, sign_in_name
from tests.factories import make_account, make_connector
from users.accounts.colleagues import give_companies
from users.accounts.models import Account, Assignment
from users.directory.models import Connector, Entry, Outcome, Run
from users.directory.queries import State, health
from users.directory.rules import pause_connector
from users.directory.tokens import rotate_token
from users.enums import UserStatus
from users.models import StatusChange, User

pytestmark = pytest.mark.django_db


def silent(_line: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture
def northwind() -> Partner:
    assert demo_data.load(silent)
    return Partner.objects.get(name="Northwind")


def test_a_database_with_accounts_of_others_is_refused() -> None:
    """The password of the demo's sign-ins is published, and one of them may do everything."""
    make_account(email="root@msp.test")
    with pytest.raises(CommandError, match=r"^The database that DATABASE_URL names is in use: ") as refused:
        refuse_foreign_database()
    assert "\n" not in str(refused.value)


def test_an_empty_and_a_seeded_database_are_taken() -> None:
    refuse_foreign_database()
    make_account(email=sign_in_name("admin", 3, DEFAULT_SEED))
    make_account(email=sign_in_name("billing", 1, -7))
    refuse_foreign_database()


def test_the_demos_own_database_is_taken(northwind: Partner) -> None:
    make_account(northwind, email="more@msp.test")
    refuse_foreign_database()


@pytest.mark.parametrize(
    ("name", "tier", "used", "seats", "pending", "policies", "connectors"),
    [
        ("Fabrikam", "advanced", 42, 50, 0, 2, 1),
        ("Tailspin Toys", "standard", 10, 10, 0, 0, 0),
        ("Adventure Works", "advanced", 25, 25, 6, 1, 1),
        ("Wingtip", "advanced", 3, 5, 0, 0, 0),
    ],
)
def test_companies_of_the_contract_stand_as_promised(
    northwind: Partner, name: str, tier: str, used: int, seats: int, pending: int, policies: int, connectors: int
) -> None:
    """Design, section 5: the four companies that people and outside tests rely on."""
    company = Company.objects.of_partner(northwind).get(name=name)

    assert (company.tier, company.seats_used, company.seats, company.users_pending) == (tier, used, seats, pending)
    assert Policy.objects.of_company(company).blocking_downgrade().count() == policies
    assert Connector.objects.of_company(company).existing().count() == connectors


def test_fabrikam_has_no_other_policy_on_and_a_downgrade_names_both_blockers(northwind: Partner) -> None:
    """R13: two Advanced policies and one connector."""
    company = Company.objects.get(name="Fabrikam")

    assert Policy.objects.of_company(company).filter(is_on=True).count() == 2
    assert [(blocker.kind, blocker.count) for blocker in downgrade_blockers(company)] == [
        ("policies", 2),
        ("connectors", 1),
    ]


def test_waiting_people_came_from_the_directory(northwind: Partner) -> None:
    """R6: Adventure Works' six pending users, and some of Fabrikam's people, are managed by a connector."""
    assert User.objects.filter(company__name="Adventure Works", status="pending", connector__isnull=False).count() == 6
    assert User.objects.filter(company__name="Fabrikam", connector__isnull=False).count() == 26


def test_every_person_of_a_directory_is_known_to_it(northwind: Partner) -> None:
    """What each run came to: everyone once; and who could not come in, by name and reason (R6)."""
    managed = User.objects.filter(connector__isnull=False)
    assert set(Entry.objects.values_list("user_id", flat=True)) == set(managed.values_list("pk", flat=True))
    assert Entry.objects.count() == managed.count()
    for connector in Connector.objects.all():
        assert connector.last_contact_at is not None
        assert connector.runs.count() == 1
    came = {
        name: Counter(
            Outcome.objects.filter(company__name=name, company__partner=northwind).values_list("kind", flat=True)
        )
        for name in ("Fabrikam", "Adventure Works")
    }
    assert came == {"Fabrikam": {"added": 26}, "Adventure Works": {"added": 17, "waiting": 6, "refused": 1}}
    refused = Outcome.objects.get(company__name="Adventure Works", kind="refused")
    assert (refused.code, refused.named[:4]) == ("email_taken", "old-")


def states() -> dict[str, State]:
    return {connector.name: health(connector).state for connector in Connector.objects.all()}


IN_USE = dict.fromkeys(["Fabrikam Entra ID", "Okta", "Zentrale Regensburg", "Keycloak", "Entra ID"], State.IN_USE)


def test_one_connector_is_in_trouble_and_the_others_are_in_use_whenever_the_demo_starts(northwind: Partner) -> None:
    """Fourteen days later as well: the directories of the demo call when it starts."""
    assert states() == IN_USE | {"Head office": State.TROUBLE}
    Connector.objects.update(last_contact_at=timezone.now() - dt.timedelta(days=14))
    assert states()["Entra ID"] == State.TROUBLE
    assert not demo_data.load(silent)
    assert states() == IN_USE | {"Head office": State.TROUBLE}
    assert Connector.objects.filter(last_contact_at__lt=timezone.now() - dt.timedelta(minutes=5)).count() == 0


def test_nobody_speaks_for_a_directory_that_was_connected_since(northwind: Partner) -> None:
    """Nor for one that somebody paused."""
    long_ago = timezone.now() - dt.timedelta(days=14)
    own = make_connector(Company.objects.get(name="Wingtip"), name="Own")
    rotated, paused = Connector.objects.get(name="Okta"), Connector.objects.get(name="Keycloak")
    rotate_token(rotated, by=None, overlap=dt.timedelta())
    pause_connector(paused, by=None)
    Connector.objects.update(last_contact_at=long_ago)
    demo_data.load(silent)
    untouched = Connector.objects.filter(last_contact_at=long_ago).values_list("pk", flat=True)
    assert set(untouched) == {own.pk, rotated.pk, paused.pk}


def test_people_of_a_demo_from_before_directories_said_anything_are_made_known(northwind: Partner) -> None:
    """R21: status, seat and history as they were."""
    Outcome.objects.all().delete()
    Run.objects.all().delete()
    Entry.objects.all().delete()
    people = list(User.objects.order_by("pk").values())
    demo_data.load(silent)
    assert list(User.objects.order_by("pk").values()) == people
    managed = User.objects.filter(connector__isnull=False)
    assert sorted(Entry.objects.values_list("user_id", flat=True)) == sorted(managed.values_list("pk", flat=True))
    entries = Entry.objects.count()
    demo_data.load(silent)
    assert Entry.objects.count() == entries


def test_sign_ins_are_those_that_the_command_prints(northwind: Partner) -> None:
    """Design, section 5: six sign-ins with the password demo-portal."""
    accounts = {account.email: account for account in Account.objects.all()}

    assert set(accounts) == {email for email, _what in SIGN_INS}
    assert all(check_password("demo-portal", account.password) for account in accounts.values())
    assert {account.email: account.role for account in accounts.values()} == {
        "admin@northwind.example": "admin",
        "tech@northwind.example": "technician",
        "billing@northwind.example": "billing",
        "viewer@northwind.example": "read_only",
        "admin@contoso.example": "admin",
        "support@portal.example": "",
    }
    assert accounts["support@portal.example"].is_superuser


def given(email: str = "tech@northwind.example") -> list[str]:
    assignments = Assignment.objects.filter(account__email=email).order_by("company__name")
    return list(assignments.values_list("company__name", flat=True))


def test_r24_the_technician_is_given_three_companies_and_worked_in_no_other(northwind: Partner) -> None:
    """Tailspin Toys is not among them; what a Technician may not do was not done by this one."""
    assert given() == ["Adventure Works", "Fabrikam", "Wingtip"]
    done = StatusChange.objects.filter(by_account__email="tech@northwind.example")
    assert set(done.values_list("company__name", "to_status")) == {
        ("Adventure Works", "disabled"),
        ("Fabrikam", "disabled"),
    }
    acts = AuditEvent.objects.filter(by_account__email="tech@northwind.example")
    assert set(acts.values_list("company__name", "act")) == {
        ("Adventure Works", "users_disabled"),
        ("Fabrikam", "users_disabled"),
    }


def test_a_demo_from_before_companies_were_given_gets_that_once(northwind: Partner) -> None:
    """Taken away again by an Admin, they stay away."""
    Assignment.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
        AuditEvent.objects.filter(act="companies_given").delete()
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")

    assert not demo_data.load(silent)
    assert given() == ["Adventure Works", "Fabrikam", "Wingtip"]

    technician = Account.objects.get(email="tech@northwind.example")
    give_companies(technician, companies=[], by=Account.objects.get(email="admin@northwind.example"))
    assert not demo_data.load(silent)
    assert given() == []


def test_a_second_load_changes_nothing(northwind: Partner) -> None:
    """Loaded once: what people did since stays as it is."""
    Company.objects.filter(name="Wingtip").update(name="Wingtip Toys")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        loaded = demo_data.load(silent)

    assert not loaded
    assert not [query for query in queries if query["sql"].startswith(("INSERT", "UPDATE"))]


def test_everything_went_through_the_rules(northwind: Partner) -> None:
    """R16, R17: a ledger for every company, a history for every user, none of it by an unknown hand."""
    for company in Company.objects.all():
        newest = LedgerEntry.objects.filter(company=company).latest("number")
        assert (newest.seats_to, newest.tier_to) == (company.seats, company.tier)
    assert set(StatusChange.objects.values_list("user_id", flat=True)) == set(User.objects.values_list("pk", flat=True))
    assert not StatusChange.objects.filter(by_account__isnull=True, by_connector__isnull=True).exists()
    assert set(User.objects.values_list("status", flat=True)) == set(UserStatus.values)
