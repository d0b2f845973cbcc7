"""One PostgreSQL for all tests: DATABASE_URL, or the embedded one, held while the tests that need it run."""

import os
import secrets
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from psycopg import sql

from companies.partners.scope import SCOPE_STATEMENTS
from portal import embedded

_PREFIX = "test_portal_"
_SCOPE = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT", *SCOPE_STATEMENTS)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Give this process a test database of its own, so that runs at the same time do not meet.

    The server-wide advisory lock says that the database is in use; those of dead runs are dropped.
    """
    with nullcontext() if os.environ.get("DATABASE_URL") else embedded.running(settings.STATE_DIR):
        name = f"{_PREFIX}{secrets.token_hex(6)}"
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = name
        with _maintenance() as connection:
            _claim(connection, name)
            _drop_stale(connection)
            yield


def _maintenance() -> psycopg.Connection:
    parameters = connections["default"].get_connection_params()
    return psycopg.connect(**parameters | {"dbname": "postgres"}, autocommit=True)


def _claim(connection: psycopg.Connection, name: str) -> bool:
    row = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [name]).fetchone()
    return row == (True,)


def _drop_stale(connection: psycopg.Connection) -> None:
    # A lock that we hold can be taken again by us: leave out our own, which has not been created yet.
    names = connection.execute("select datname from pg_database where starts_with(datname, %s)", [_PREFIX]).fetchall()
    for (name,) in names:
        if _claim(connection, name):
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
            connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test fails on the build machine: there, everything that a test needs is installed."""
    report = yield
    return _refuse_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole module."""
    report = yield
    return _refuse_skip(report)


def _refuse_skip[Report: (pytest.TestReport, pytest.CollectReport)](report: Report) -> Report:
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _source_language() -> Iterator[None]:
    """Each test begins in English: Django's client leaves the language of its last request behind."""
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture
def django_assert_num_queries() -> Callable[[int], AbstractContextManager[None]]:
    """pytest-django's, but what opens and leaves a request's scope is not counted: it is the same for every page."""

    @contextmanager
    def exactly(number: int) -> Iterator[None]:
        with CaptureQueriesContext(connections["default"]) as captured:
            yield
        asked = [query["sql"] for query in captured if not query["sql"].startswith(_SCOPE)]
        assert len(asked) == number, "\n".join(asked)

    return exactly
