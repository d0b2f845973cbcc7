"""Attempts are counted beside the request that makes them (portal/counters.py); in real server processes, because in
tests the counters are part of the test's transaction."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from tests.concurrency.racing import until_waiting
from tests.factories import PASSWORD, make_partner
from tests.served import Visitor, make_real_account, server
from users.accounts.models import Account

TOO_MANY = "Too many attempts. Wait five minutes, then try again."


def attempt(port: int, email: str, password: str) -> tuple[int, str]:
    visitor = Visitor(port)
    visitor.send("GET", "/accounts/login/")
    return visitor.send("POST", "/accounts/login/", login=email, password=password)


@contextmanager
def _audit_fails() -> Iterator[None]:
    """Whatever writes an audit event crashes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'crash'; END $$;"
            "CREATE TRIGGER crash BEFORE INSERT ON audit_auditevent FOR EACH ROW EXECUTE FUNCTION crash()"
        )
        try:
            yield
        finally:
            cursor.execute("DROP TRIGGER crash ON audit_auditevent; DROP FUNCTION crash()")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_what_crashes_is_counted() -> None:
    """The answer of 500 takes back what the request did, but for that it was tried."""
    account = make_real_account(make_partner())
    with server(threads=2) as port:
        with _audit_fails():
            assert [attempt(port, account.email, "wrong")[0] for _ in range(5)] == [500] * 5
        status, page = attempt(port, account.email, PASSWORD)
    assert (status, TOO_MANY in page) == (200, True)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_whoever_signs_in_does_not_wait_for_a_neighbour() -> None:
    """Both come from one network address; the first one's request is held at its account, after it was counted."""
    partner = make_partner()
    slow, quick = make_real_account(partner), make_real_account(partner)
    with server(threads=4) as port, ThreadPoolExecutor(1) as first:
        with transaction.atomic():
            Account.objects.select_for_update().get(pk=slow.pk)
            waits = first.submit(attempt, port, slow.email, PASSWORD)
            until_waiting(1)
            assert attempt(port, quick.email, PASSWORD)[0] == 302
            assert not waits.done()
        assert waits.result(30)[0] == 302


@pytest.mark.django_db
def test_of_all_who_add_the_same_mark_one_is_told_so() -> None:
    assert [cache.add("mark", True, 60), cache.add("mark", True, 60)] == [True, False]
    assert cache.get("mark") is True


@pytest.mark.django_db
def test_a_mark_that_expired_can_be_added_once_more() -> None:
    """One whose time is over still stands in the table: whoever looks first and writes then is two who are told so."""
    cache.add("mark", True, -1)
    assert [cache.add("mark", True, 60), cache.add("mark", True, 60)] == [True, False]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_code_that_expired_opens_for_one_of_two_at_the_same_moment() -> None:
    cache.add("mark", True, -1)
    with ThreadPoolExecutor(2) as two, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM portal_cache WHERE cache_key = ':1:mark' FOR UPDATE")
        answers = [two.submit(_add) for _ in range(2)]
        until_waiting(2)
        transaction.set_rollback(True)
    assert sorted(answer.result(30) for answer in answers) == [False, True]


def _add() -> bool:
    try:
        return cache.add("mark", True, 60)
    finally:
        connection.close()


@pytest.mark.django_db
def test_the_role_that_serves_counts_outside_every_scope() -> None:
    """And does nothing else there but work off the queue, and look whether all migrations were applied."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND has_any_column_privilege('portal_app', oid, 'SELECT, INSERT, UPDATE')"
            " AND NOT starts_with(relname, 'procrastinate_') ORDER BY 1"
        )
        assert [name for (name,) in cursor.fetchall()] == ["django_migrations", "portal_cache"]
