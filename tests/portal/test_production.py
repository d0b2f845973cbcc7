"""The documented way to run it for real (docs/deploy.md), on a plain PostgreSQL: one role owns, another serves."""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import sql

from companies.partners.tables import TENANT
from tests.served import Visitor, database_url, server
from tests.working import free_port, mail_server

PASSWORD = "only-for-this-test"


@pytest.fixture(scope="module")
def database(django_db_setup: None) -> Iterator[str]:
    """A database of an owner without any power, and a role that may take on what portal_app may; both named alike.

    The owner has migrated it. The tests here share it: each leaves it as it was.
    """
    name = f"test_portal_{secrets.token_hex(4)}"
    parameters = connections["default"].get_connection_params()
    with psycopg.connect(**parameters | {"dbname": "postgres"}, autocommit=True) as superuser:
        # Other runs drop the test databases that nobody claims (tests/conftest.py).
        superuser.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
        superuser.execute((Path(settings.BASE_DIR) / "companies/partners/roles.sql").read_text())
        for role in (f"{name}_owner", f"{name}_web"):
            create = sql.SQL("CREATE ROLE {} LOGIN NOINHERIT PASSWORD {}")
            superuser.execute(create.format(sql.Identifier(role), sql.Literal(PASSWORD)))
        grant = sql.SQL("GRANT portal_sign_in, portal_partner, portal_support, portal_app TO {}")
        superuser.execute(grant.format(sql.Identifier(f"{name}_web")))
        create = sql.SQL("CREATE DATABASE {} OWNER {}")
        superuser.execute(create.format(sql.Identifier(name), sql.Identifier(f"{name}_owner")))
        migrated = _manage(_environment(name, serves_as="web"), "migrate", "--verbosity", "0")
        assert (migrated.returncode, migrated.stderr) == (0, "")
        yield name
        superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        for role in (f"{name}_owner", f"{name}_web"):
            superuser.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def _address(database: str, role: str) -> str:
    return database_url(user=f"{database}_{role}", name=database).replace(":@", f":{PASSWORD}@")


def _environment(database: str, *, serves_as: str) -> dict[str, str]:
    return {
        "PORTAL_MODE": "production",
        "PORTAL_SECRET_KEY": secrets.token_urlsafe(48),
        "PORTAL_ALLOWED_HOSTS": "127.0.0.1",
        "PORTAL_MAIL_FROM": "Partner Portal <portal@portal.example>",
        "PORTAL_OWNER_URL": _address(database, "owner"),
        "DATABASE_URL": _address(database, serves_as),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }


def _manage(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_the_owner_migrated_another_role_serves(database: str) -> None:
    """R23: the owner needs no power but its database; the role that serves is ready, and reads nothing by itself."""
    with server(threads=1, **_environment(database, serves_as="web")) as port:
        assert Visitor(port).send("GET", "/readyz") == (200, "ready\n")
    with psycopg.connect(_address(database, "web"), autocommit=True) as web:
        for table in sorted(TENANT):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(sql.SQL("SELECT FROM {}").format(sql.Identifier(table)))


def test_what_serves_refuses_to_start_as_the_owner(database: str) -> None:
    """R23: the owner is not bound by row-level security; neither the web server nor the worker runs as it."""
    environment = _environment(database, serves_as="owner")
    started = subprocess.run(
        [sys.executable, "-c", "import portal.wsgi"],
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    worked = _manage(environment, "procrastinate", "worker", "--one-shot")
    for process in (started, worked):
        assert process.returncode == 1
        assert f"The database role {database}_owner owns tables" in process.stderr


def test_the_worker_sends_mail_as_the_role_that_serves(database: str) -> None:
    """R23: it is given the owner's address too, as all of manage.py is, and leaves it; the log holds no mail."""
    port = free_port()
    environment = _environment(database, serves_as="web") | {"PORTAL_SMTP_PORT": str(port)}
    # In production portal_app signs in itself; here another role does, and takes it on.
    environment["DATABASE_URL"] += "?options=-c%20role%3Dportal_app"
    assert _manage(environment, "sendtestemail", "ann@partner.example").returncode == 0
    with mail_server(port) as smtp:
        worked = _manage(environment, "procrastinate", "worker", "--one-shot")
    assert worked.returncode == 0, worked.stderr
    assert [(mail["From"], mail["To"]) for mail in smtp.mails] == [
        ("Partner Portal <portal@portal.example>", "ann@partner.example")
    ]
    assert re.search(r"Job send_mail\[\d+\] ended with status: Success", worked.stderr)
    assert "successful" not in worked.stderr
    with psycopg.connect(_address(database, "owner")) as owner:
        left = owner.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send_mail'").fetchone()
    assert left == (0,)


def test_the_queue_is_found_healthy_as_the_role_that_serves(database: str) -> None:
    environment = _environment(database, serves_as="web")
    environment["DATABASE_URL"] += "?options=-c%20role%3Dportal_app"
    checked = _manage(environment, "procrastinate", "healthchecks")
    assert (checked.returncode, checked.stdout.splitlines()) == (
        0,
        [
            "Database connection: OK",
            "Migrations: OK",
            "Default Django Procrastinate App: OK",
            "Worker App: OK",
        ],
    )
