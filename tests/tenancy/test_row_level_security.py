"""R23 in the database alone: what a role in a scope reads and writes, whatever Django asked for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from companies.models import Company
from companies.partners.models import Partner
from companies.partners.scope import enter_partner, enter_viewer, partner_scope, sign_in_scope, support_scope
from companies.partners.serving import refuse_unsafe_role
from companies.partners.tables import TENANT
from licensing.bulk import begin
from licensing.bulk_plan import Wish, plan_bulk
from licensing.enums import BulkHow, Tier
from licensing.pools import change_license
from tests.factories import (
    add_arrivals,
    add_people,
    make_account,
    make_company,
    make_connector,
    make_import,
    make_partner,
    make_person,
    make_support,
    switch_policy_on,
)
from tests.facts import facts
from users.accounts.enums import Role
from users.accounts.models import Account, Assignment, Invitation, InvitedCompany, SentForm, Visit
from users.directory.enums import OutcomeKind
from users.directory.models import Connector, Entry, Group, HeldChange, Outcome, Run
from users.enums import Withdrawal
from users.models import User

pytestmark = pytest.mark.django_db

INSUFFICIENT_PRIVILEGE = "42501"
UNSEEN = {
    "accounts_sentform",
    "licensing_bulkchange",
    "licensing_bulkline",
    "users_importrow",
    "users_importrun",
}
"""What support staff do not see when they view the portal as a partner does: nothing of the partner's yet, or shown to
one account alone."""


def _rows(table: str) -> list[int]:
    """The partners whose rows of the table are seen, without any filter."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT DISTINCT partner_id FROM "{table}" ORDER BY 1')  # noqa: S608 - our own table names
        return [row[0] for row in cursor.fetchall()]


@contextmanager
def _serving() -> Iterator[None]:
    """As the role that serves, in no scope."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE portal_app")
        yield


@contextmanager
def _viewing(partner: Partner) -> Iterator[None]:
    with sign_in_scope():
        enter_viewer(partner.pk)
        yield


def _known_by(connector: Connector, user: User) -> None:
    """A row in every table of the directory's."""
    rows: dict[str, Any] = {"partner_id": connector.partner_id, "company_id": connector.company_id}
    entry = Entry.objects.create(**rows, connector=connector, user=user, user_name=user.email)
    Group.objects.create(**rows, connector=connector, display_name="Everybody")
    run = Run.objects.create(**rows, connector=connector)
    Outcome.objects.create(**rows, run=run, entry=entry, kind=OutcomeKind.ADDED)
    HeldChange.objects.create(**rows, connector=connector, entry=entry, how=Withdrawal.REMOVE)


@pytest.fixture
def two() -> tuple[Partner, Partner]:
    """Two partners, each with rows in every tenant table."""
    partners = make_partner("Ours"), make_partner("Theirs")
    for partner in partners:
        account = make_account(partner)
        company = make_company(partner, seats=5, tier=Tier.ADVANCED)
        add_people(company, 1)
        connector = make_connector(company)
        _known_by(connector, add_arrivals(connector, 1)[0])
        switch_policy_on(company)
        make_import(company, account, [make_person()])
        plan, _previews = plan_bulk(partner, [company.pk], wish=Wish(BulkHow.ADD, 1))
        begin(plan, partner=partner, account=account, all_or_nothing=True)
        SentForm.objects.create(partner=partner, account=account, key="a form")
        Assignment.objects.create(partner=partner, account=account, company=company)
        invitation = Invitation.objects.create(
            partner=partner,
            email="new@partner.example",
            role=Role.TECHNICIAN,
            token_hash=str(partner.pk),
            expires_at=timezone.now(),
        )
        InvitedCompany.objects.create(partner=partner, invitation=invitation, company=company)
        Visit.objects.create(partner=partner, account=make_support(), ends_at=timezone.now())
    return partners


@pytest.mark.parametrize("table", sorted(TENANT))
def test_a_partner_reads_its_own_rows_only(two: tuple[Partner, Partner], table: str) -> None:
    ours, theirs = two
    assert _rows(table) == [ours.pk, theirs.pk]
    with partner_scope(ours.pk):
        assert _rows(table) == [ours.pk]
    with partner_scope(theirs.pk):
        assert _rows(table) == [theirs.pk]


@pytest.mark.parametrize("table", sorted(TENANT))
def test_without_a_partner_there_are_no_rows(two: tuple[Partner, Partner], table: str) -> None:
    """Fail closed: neither an empty setting nor a partner that does not exist shows anything."""
    with partner_scope(two[0].pk):
        for nothing in ("", "0"):
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('portal.partner_id', %s, true)", [nothing])
            assert _rows(table) == []


@pytest.mark.parametrize("table", sorted(TENANT))
@pytest.mark.parametrize("scope", [sign_in_scope], ids=["sign-in"])
def test_before_a_partner_is_known_the_tables_are_closed(
    two: tuple[Partner, Partner], table: str, scope: Callable[[], transaction.Atomic]
) -> None:
    with pytest.raises(ProgrammingError) as refused, scope():
        _rows(table)
    assert refused.value.__cause__.sqlstate == INSUFFICIENT_PRIVILEGE  # type: ignore[union-attr]


@pytest.mark.parametrize("table", sorted(TENANT))
def test_the_role_that_serves_reads_nothing_outside_a_scope(two: tuple[Partner, Partner], table: str) -> None:
    with pytest.raises(ProgrammingError) as refused, _serving():
        _rows(table)
    assert refused.value.__cause__.sqlstate == INSUFFICIENT_PRIVILEGE  # type: ignore[union-attr]


@pytest.mark.parametrize("table", sorted(TENANT))
def test_support_reads_all_partners(two: tuple[Partner, Partner], table: str) -> None:
    with support_scope():
        assert _rows(table) == [partner.pk for partner in two]


@pytest.mark.parametrize("table", sorted(TENANT - UNSEEN))
def test_who_views_reads_one_partners_rows(two: tuple[Partner, Partner], table: str) -> None:
    """R25: support staff who view the portal as a partner does are bound to that partner by the database."""
    ours, theirs = two
    with _viewing(ours):
        assert _rows(table) == [ours.pk]
    with _viewing(theirs):
        assert _rows(table) == [theirs.pk]


@pytest.mark.parametrize("table", sorted(TENANT))
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET partner_id = partner_id WHERE partner_id = %(ours)s",
        "DELETE FROM {} WHERE partner_id = %(ours)s",
    ],
    ids=["update", "delete"],
)
def test_who_views_changes_nothing(two: tuple[Partner, Partner], table: str, statement: str) -> None:
    """R25: not even what no view would offer."""
    with pytest.raises(ProgrammingError) as refused, _viewing(two[0]), connection.cursor() as cursor:
        cursor.execute(statement.format(f'"{table}"'), {"ours": two[0].pk})
    assert refused.value.__cause__.sqlstate == INSUFFICIENT_PRIVILEGE  # type: ignore[union-attr]


@pytest.mark.parametrize("table", sorted(TENANT))
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET partner_id = %(ours)s WHERE partner_id = %(theirs)s",
        "DELETE FROM {} WHERE partner_id = %(theirs)s",
    ],
    ids=["update", "delete"],
)
def test_another_partners_rows_cannot_be_touched(two: tuple[Partner, Partner], table: str, statement: str) -> None:
    """Where the role may change rows at all, none of another partner's is found; elsewhere the statement is refused."""
    ours, theirs = two
    before = facts(theirs)
    try:
        with partner_scope(ours.pk), connection.cursor() as cursor:
            cursor.execute(statement.format(f'"{table}"'), {"ours": ours.pk, "theirs": theirs.pk})
            assert cursor.rowcount == 0
    except (ProgrammingError, IntegrityError):
        pass  # no right to it, or an append-only table
    assert facts(theirs) == before


@pytest.mark.parametrize("table", sorted(TENANT - {"partners_terms", "accounts_visit"}))
def test_no_row_can_be_written_in_another_partners_name(two: tuple[Partner, Partner], table: str) -> None:
    """A copy of one of our own rows, in their name, is refused by the policy before any other check."""
    ours, theirs = two
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
            " AND attname NOT IN ('id', 'partner_id', 'seats_used', 'users_pending')",
            [table],
        )
        columns = cursor.fetchone()[0]
    copy = f'INSERT INTO "{table}" (partner_id, {columns}) SELECT %s, {columns} FROM "{table}" LIMIT 1'  # noqa: S608
    with pytest.raises(ProgrammingError) as refused, partner_scope(ours.pk), connection.cursor() as cursor:
        cursor.execute(copy, [theirs.pk])
    assert "row-level security policy" in str(refused.value)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO accounts_visit (partner_id, account_id, reason, ends_at)"
        " SELECT partner_id, account_id, 'x', now() + interval '1 day' FROM accounts_visit",
        "UPDATE accounts_visit SET ends_at = now() + interval '1 day'",
        "UPDATE accounts_visit SET reason = 'x'",
    ],
)
def test_visits_are_begun_by_support_alone(two: tuple[Partner, Partner], statement: str) -> None:
    """R25: a partner's scope ends them, and does nothing else to them."""
    before = facts(two[0])
    with pytest.raises(ProgrammingError, match="denied"), partner_scope(two[0].pk), connection.cursor() as cursor:
        cursor.execute(statement)
    assert facts(two[0]) == before


def test_invitations_are_a_partners_own(two: tuple[Partner, Partner]) -> None:
    """Looked up before a partner is known, so no tenant table; in a partner's scope its rows alone all the same."""
    ours, theirs = two
    for partner in two:
        with partner_scope(partner.pk):
            assert _rows("accounts_invitation") == [partner.pk]
    with partner_scope(0):
        assert _rows("accounts_invitation") == []
    with sign_in_scope():
        assert _rows("accounts_invitation") == [ours.pk, theirs.pk]
    before = facts(theirs)
    with pytest.raises(ProgrammingError, match="row-level security policy"), partner_scope(ours.pk):
        Invitation.objects.create(
            partner=theirs, email="x@y.example", role=Role.ADMIN, token_hash="x", expires_at=timezone.now()
        )
    with partner_scope(ours.pk):
        assert Invitation.objects.filter(partner=theirs).update(token_hash="x") == 0
    assert facts(theirs) == before


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE accounts_account SET is_staff = true, is_superuser = true, partner_id = NULL, role = ''", "denied"),
        ("UPDATE accounts_account SET role = 'admin'", "denied"),
        ("UPDATE accounts_account SET is_active = true", "denied"),
        ("UPDATE accounts_account SET partner_id = partner_id", "denied"),
        ("INSERT INTO accounts_account_groups (account_id, group_id) SELECT %(account)s, id FROM auth_group", "denied"),
        (
            "INSERT INTO accounts_account_user_permissions (account_id, permission_id)"
            " SELECT %(account)s, id FROM auth_permission",
            "denied",
        ),
        (
            "INSERT INTO accounts_account (email, name, password, role, is_staff, is_superuser, is_active)"
            " VALUES ('x@y.example', '', '', '', true, true, true)",
            "row-level security policy",
        ),
        (
            "INSERT INTO accounts_account (partner_id, email, name, password, role, is_staff, is_superuser, is_active)"
            " VALUES (%(partner)s, 'x@y.example', '', '', 'admin', false, true, true)",
            "row-level security policy",
        ),
    ],
)
def test_the_door_gives_nobody_more(two: tuple[Partner, Partner], statement: str, refusal: str) -> None:
    """Before a partner is known, no account is given a role, a partner, a group, or the powers of support staff."""
    account = Account.objects.get(partner=two[0])
    before = list(Account.objects.order_by("pk").values())
    with pytest.raises(ProgrammingError, match=refusal), sign_in_scope(), connection.cursor() as cursor:
        cursor.execute(statement, {"account": account.pk, "partner": two[0].pk})
    assert list(Account.objects.order_by("pk").values()) == before


def test_a_row_of_ours_cannot_hang_on_one_of_theirs(two: tuple[Partner, Partner]) -> None:
    """Foreign-key checks see every row: the composite keys on (partner, id) refuse what policies cannot."""
    ours, theirs = two
    foreign = Company.objects.get(partner=theirs)
    before = facts(theirs)
    statement = (
        "INSERT INTO users_user (partner_id, company_id, first_name, last_name, email, status,"
        " is_inactive_in_directory) VALUES (%s, %s, 'A', 'B', 'a@b.example', 'active', false);"
        " SET CONSTRAINTS ALL IMMEDIATE"
    )
    with pytest.raises(IntegrityError), partner_scope(ours.pk), connection.cursor() as cursor:
        cursor.execute(statement, [ours.pk, foreign.pk])
    assert facts(theirs) == before


def test_a_partner_sees_its_colleagues_and_support_staff_only(two: tuple[Partner, Partner]) -> None:
    ours, theirs = two
    with partner_scope(ours.pk), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_account WHERE partner_id = %s", [theirs.pk])
        assert cursor.fetchone()[0] == 0
        cursor.execute("SELECT id FROM partners_partner")
        assert cursor.fetchall() == [(ours.pk,)]


def test_the_rules_work_in_a_partners_scope(two: tuple[Partner, Partner]) -> None:
    """The triggers count and compare with their owner's eyes."""
    company = Company.objects.get(partner=two[0])
    with partner_scope(two[0].pk):
        change_license(company, seats=9, tier=Tier.ADVANCED, seen=None, by=None)
        add_people(company, 2)
    company.refresh_from_db()
    assert (company.seats, company.seats_used) == (9, 5)


def test_a_view_that_forgets_to_filter_leaks_nothing(
    two: tuple[Partner, Partner], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The getters' filter taken away: the database still shows one partner's companies."""
    ours, theirs = two
    monkeypatch.setattr("companies.access._own", lambda account: Company.objects.all())
    client = Client()
    client.force_login(make_account(ours))
    page = client.get("/companies/").text
    assert Company.objects.get(partner=ours).name in page
    assert Company.objects.get(partner=theirs).name not in page
    assert client.get(f"/companies/{Company.objects.get(partner=theirs).pk}/users/").status_code == 404


def test_the_scope_ends_with_its_block(two: tuple[Partner, Partner]) -> None:
    """Also inside a transaction that goes on, and after an error."""
    with partner_scope(two[0].pk), partner_scope(two[1].pk):
        assert _rows("companies_company") == [two[1].pk]
    assert len(_rows("companies_company")) == 2
    with pytest.raises(ZeroDivisionError), partner_scope(two[0].pk):
        raise ZeroDivisionError
    assert len(_rows("companies_company")) == 2


@pytest.mark.django_db(transaction=True)
def test_a_scope_needs_a_transaction() -> None:
    with pytest.raises(RuntimeError):
        enter_partner(1)


def test_every_tenant_table_has_its_policies() -> None:
    """A new one without them fails here; FORCE would blind the triggers that count."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, policyname, roles::text FROM pg_policies WHERE tablename = ANY (%s)", [list(TENANT)]
        )
        policies = sorted(cursor.fetchall())
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY (%s) AND relrowsecurity AND NOT relforcerowsecurity",
            [list(TENANT)],
        )
        secured = {row[0] for row in cursor.fetchall()}
    assert secured == TENANT
    assert policies == sorted(
        row
        for table in TENANT
        for row in (
            (table, "every_row", "{portal_support}"),
            (table, "own_rows", "{portal_partner}"),
            *([(table, "seen_rows", "{portal_viewer}")] if table not in UNSEEN else []),
        )
    )


@pytest.mark.parametrize("role", ["portal_app", "portal_sign_in", "portal_partner", "portal_support"])
def test_a_serving_role_is_accepted(role: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        refuse_unsafe_role()


def test_the_owner_of_the_tables_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="could read every partner's rows"):
        refuse_unsafe_role()


def test_in_production_the_role_that_signed_in_counts_too(settings: pytest.FixtureRequest) -> None:
    """Giving up a power that can be taken back is no protection there."""
    settings.PRODUCTION = True  # type: ignore[attr-defined]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE portal_app")
        with pytest.raises(ImproperlyConfigured, match="is a superuser"):
            refuse_unsafe_role()


def test_a_failed_request_takes_everything_back(two: tuple[Partner, Partner], monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer of 500 is a response already when it reaches the middleware; nothing of it is committed."""
    from companies.partners.middleware import ScopeMiddleware

    company = Company.objects.get(partner=two[0])

    def half_done(_request: object) -> HttpResponse:
        enter_partner(two[0].pk)
        change_license(company, seats=9, tier=Tier.ADVANCED, seen=None, by=None)
        return HttpResponse(status=500)

    before = facts(two[0])
    ScopeMiddleware(half_done)(RequestFactory().get("/companies/"))
    assert facts(two[0]) == before
