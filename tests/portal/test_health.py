"""What monitoring asks."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client


def test_healthz_answers_without_a_database(client: Client) -> None:
    """No `django_db` mark: touching the database would fail the test."""
    response = client.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")


@pytest.mark.django_db
def test_readyz_is_ready_when_every_migration_is_applied(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (200, "ready\n")


@pytest.mark.django_db
def test_readyz_names_a_migration_that_is_missing(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("accounts", "0002_cache_table")
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (503, "migrations: not applied: accounts.0002_cache_table\n")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reads_are_answered(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.parametrize(("host", "status"), [("testserver", 200), ("10.0.0.5", 400)])
def test_a_probe_names_an_allowed_host(client: Client, host: str, status: int) -> None:
    """As docs/deploy.md says."""
    assert client.get("/healthz", headers={"Host": host}).status_code == status
