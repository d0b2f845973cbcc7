"""The ground that the other tests stand on."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management.color import no_style
from django.db import DatabaseError, connection

from tests.portal.test_demo import ENVIRONMENT

APPEND_ONLY = """
create table kept (id int);
insert into kept values (1), (2);
create function refuse() returns trigger language plpgsql as $$ begin raise exception 'append-only'; end $$;
create trigger refuse before delete or truncate on kept for each statement execute function refuse();
"""

SAMPLE = """
import pytest

def test_skipped():
    pytest.skip("no reason")

def test_xfailed():
    pytest.xfail("known")
"""


@pytest.mark.django_db
def test_tables_that_refuse_delete_are_emptied_after_a_test() -> None:
    """R16, R17: the flush of a transactional test gets past the triggers, and nothing else does."""
    with connection.cursor() as cursor:
        cursor.execute(APPEND_ONLY)
        connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), ["kept"]))
        cursor.execute("select count(*) from kept")
        assert cursor.fetchone() == (0,)
        # After a test the flush is a transaction of its own, whose end puts this back; here it was a savepoint only.
        cursor.execute("set local session_replication_role = origin")
        with pytest.raises(DatabaseError, match="append-only"):
            cursor.execute("truncate kept")


@pytest.mark.django_db
def test_each_process_has_a_database_of_its_own() -> None:
    """Two runs at once do not meet, and the database of a run that was killed is dropped by the next."""
    assert settings.DATABASES["default"]["NAME"].startswith("test_portal_")
    with connection.cursor() as cursor:
        cursor.execute("select current_database(), current_setting('synchronous_commit')")
        assert cursor.fetchone() == (settings.DATABASES["default"]["NAME"], "off")


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped, 1 xfailed"), ("true", "1 failed, 1 xfailed")])
def test_skipped_test_fails_on_the_build_machine(tmp_path: Path, ci: str, outcome: str) -> None:
    sample = tmp_path / "test_sample.py"
    sample.write_text(SAMPLE)
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-n", "0", "-p", "no:cacheprovider"]
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "CI"}
    ran = subprocess.run(
        [*command, "-p", "tests.conftest", str(sample)],
        cwd=settings.BASE_DIR,
        env=environment | ({"CI": ci} if ci else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert f" {outcome} in " in ran.stdout
