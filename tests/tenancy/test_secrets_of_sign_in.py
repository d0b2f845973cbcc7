"""R23: sessions and passwords are read at the door, and in no other scope, whatever statement asks for them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError, ProgrammingError, connection, transaction

from companies.partners.models import Partner
from companies.partners.scope import enter_viewer, partner_scope, sign_in_scope, support_scope
from tests.factories import PASSWORD, make_account, make_partner
from tests.facts import nothing_changes
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

type Scope = Callable[[Partner], AbstractContextManager[None]]


@contextmanager
def _viewing(partner: Partner) -> Iterator[None]:
    with sign_in_scope():
        enter_viewer(partner.pk)
        yield


def _partner(partner: Partner) -> AbstractContextManager[None]:
    return partner_scope(partner.pk)


def _support(_partner: Partner) -> AbstractContextManager[None]:
    return support_scope()


PARTNERS = pytest.mark.parametrize("scope", [_partner, _viewing], ids=["partner", "viewer"])
ALL = pytest.mark.parametrize("scope", [_partner, _viewing, _support], ids=["partner", "viewer", "support"])


@pytest.fixture
def partner() -> Partner:
    """With one account, which is signed in."""
    partner = make_partner()
    account = make_account(partner)
    Session(session_key="k" * 32, session_data=str(account.pk), expire_date="2099-01-01T00:00Z").save()
    return partner


def run(scope: AbstractContextManager[None], *statements: str) -> None:
    with scope, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def denied(partner: Partner, scope: Scope, statement: str) -> None:
    with nothing_changes(partner), pytest.raises(ProgrammingError, match="permission denied"):
        run(scope(partner), statement)


@PARTNERS
@pytest.mark.parametrize("table", ["django_session", "usersessions_usersession"])
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM {}",
        "SELECT session_key FROM {}",
        "UPDATE {} SET session_key = session_key",
        "DELETE FROM {}",
        "INSERT INTO {} SELECT * FROM {}",
    ],
)
def test_sessions_are_nothing_to_a_partner(partner: Partner, scope: Scope, table: str, statement: str) -> None:
    denied(partner, scope, statement.format(table, table))
    assert Session.objects.count() == 1


@ALL
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT password FROM accounts_account",
        "SELECT * FROM accounts_account",
        "SELECT id FROM accounts_account WHERE password LIKE 'md5%'",
        "SELECT count(password) FROM accounts_account",
        "SELECT a FROM accounts_account a",
        "SELECT to_jsonb(a) FROM accounts_account a",
    ],
)
def test_passwords_are_nothing_to_anybody_but_the_door(partner: Partner, scope: Scope, statement: str) -> None:
    denied(partner, scope, statement)


@PARTNERS
def test_a_partner_writes_no_password(partner: Partner, scope: Scope) -> None:
    denied(partner, scope, "UPDATE accounts_account SET password = 'x'")


@ALL
def test_accounts_are_read_without_their_password(partner: Partner, scope: Scope) -> None:
    with scope(partner):
        account = Account.objects.get(partner=partner)
        assert (account.email, account.password) == (Account.objects.values_list("email", flat=True)[0], None)
        with connection.cursor() as cursor:
            cursor.execute("SELECT accounts_password(id) FROM accounts_account")
            assert cursor.fetchall() == [(None,)]


def test_the_door_reads_it(partner: Partner) -> None:
    with sign_in_scope():
        assert Account.objects.get(partner=partner).check_password(PASSWORD)


def test_what_was_read_without_it_cannot_be_saved_whole(partner: Partner) -> None:
    with support_scope():
        account = Account.objects.get(partner=partner)
        with pytest.raises(IntegrityError, match='null value in column "password"'), transaction.atomic():
            account.save()
    assert Account.objects.get(partner=partner).check_password(PASSWORD)


def test_outside_every_scope_the_function_is_closed(partner: Partner) -> None:
    with pytest.raises(ProgrammingError, match="permission denied for function"):
        run(transaction.atomic(), "SET LOCAL ROLE portal_app", "SELECT accounts_password(1)")


def test_all_other_columns_of_accounts_are_open() -> None:
    """A new one has to be granted by name, in the migration that makes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT role, attname FROM pg_attribute, unnest(ARRAY['portal_partner', 'portal_viewer', 'portal_support'])"
            " AS role WHERE attrelid = 'accounts_account'::regclass AND attnum > 0 AND NOT attisdropped"
            " AND NOT has_column_privilege(role, attrelid, attnum, 'SELECT') ORDER BY 1"
        )
        closed = cursor.fetchall()
    assert closed == [("portal_partner", "password"), ("portal_support", "password"), ("portal_viewer", "password")]
