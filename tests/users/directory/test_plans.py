"""Of a first sync's many outcomes, pages and R22 read the few that they need by an index."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.tenancy.test_plans import nodes
from tests.users.directory.people import make_directory
from users.directory.enums import OutcomeKind
from users.directory.held import is_beyond_threshold
from users.directory.models import Connector, Entry, Outcome, Run
from users.directory.queries import errors_of, health, in_trouble

pytestmark = pytest.mark.django_db

MANY = 20_000
_FILL = """
    INSERT INTO directory_outcome (partner_id, company_id, run_id, entry_id, kind, code, named)
    SELECT %s, %s, %s, %s, CASE n %% 1000 WHEN 0 THEN 'refused' WHEN 1 THEN 'disabled' ELSE 'added' END, '', ''
    FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def connector() -> Connector:
    """In one run, with one of a thousand refused."""
    connector = make_directory()
    run, entry = Run.objects.get(), Entry.objects.all()[0]
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [connector.partner_id, connector.company_id, run.pk, entry.pk, MANY])
        cursor.execute("ANALYZE directory_outcome")
    return connector


def _indexes(read: Callable[[], object]) -> set[str | None]:
    """By what the outcomes are found that `read` asks for."""
    with CaptureQueriesContext(connection) as captured:
        read()
    found: set[str | None] = set()
    with connection.cursor() as cursor:
        for query in captured:
            if "directory_outcome" in query["sql"]:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {query['sql']}")
                [[explained]] = cursor.fetchone()
                steps = [step for step in nodes(explained["Plan"]) if step.get("Relation Name") == "directory_outcome"]
                found |= {step.get("Index Name") for step in steps}
    return found


def test_r6_last_errors(connector: Connector) -> None:
    assert _indexes(lambda: errors_of(connector)) == {"outcome_of_few"}
    assert [outcome.kind for outcome in errors_of(connector)] == [OutcomeKind.REFUSED] * 5


def test_r6_how_a_connector_fares(connector: Connector) -> None:
    assert _indexes(lambda: health(connector)) == {"outcome_of_few"}
    assert health(connector).refused == 1
    companies = type(connector.company).objects.filter(partner_id=connector.partner_id)
    assert _indexes(lambda: in_trouble(companies)) == {"outcome_of_few"}


def test_r22_who_counts_against_the_threshold(connector: Connector) -> None:
    user = Entry.objects.select_related("user").order_by("pk")[1].user
    assert _indexes(lambda: is_beyond_threshold(connector, user)) == {"outcome_of_few"}
    assert Outcome.objects.count() == MANY + 2
