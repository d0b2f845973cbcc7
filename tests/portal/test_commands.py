"""Commands say in one line what stands in their way."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from portal.management.commands.migrate import advice

NOBODY = "portal_role_that_nobody_made"


@pytest.mark.django_db
def test_migrate_names_the_file_that_makes_missing_roles() -> None:
    """As an owner that may create no roles, on a server where one of them is missing."""
    roles = (Path(settings.BASE_DIR) / "companies/partners/roles.sql").read_text().replace("portal_viewer", NOBODY)
    with pytest.raises(DatabaseError) as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE portal_app; {roles}")
    assert advice(raised.value) == (
        f"The role {NOBODY} is missing, and portal_app may not create it."
        " Let a superuser run companies/partners/roles.sql once."
    )


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["SELECT 1/0", "DO $$ BEGIN RAISE 'without a hint'; END $$"])
def test_what_else_goes_wrong_is_not_explained_away(statement: str) -> None:
    with pytest.raises(DatabaseError) as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert advice(raised.value) is None


def test_seed_says_that_faker_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.management.commands.seed.find_spec", lambda _name: None)
    with pytest.raises(CommandError, match="needs the names of Faker, which is not installed: run uv sync"):
        call_command("seed", partners=1, companies=1, users=1)
