"""What a directory's questions cost among 20,000 people, what counting them costs, and what each of its people does."""

import itertools
import json
from typing import Any

import pytest
from django.db import connection

from licensing.enums import Tier
from tests.benchmarks.measure import medians, report
from tests.factories import make_company
from tests.users.scim.client import Directory, patch, person
from users.directory.models import Connector, Entry
from users.enums import UserStatus
from users.models import User
from users.scim.limits import Limit, seconds_to_wait

ROUNDS = 30
PEOPLE = 20_000
AT_ONCE = 50
_numbers = itertools.count()


def insert_entries(connector: Connector, count: int) -> None:
    """Their resources, past the rules."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO directory_entry (partner_id, company_id, connector_id, user_id, scim_id, user_name,"
            " external_id, active, attributes, version, deleted_at)"
            " SELECT %s, %s, %s, inserted.id, gen_random_uuid(), inserted.first_name,"
            " 'external' || inserted.first_name, true, jsonb_build_object('title', 'Number ' || inserted.id, 'emails',"
            " jsonb_build_array(jsonb_build_object('value', inserted.email, 'type', 'work'))), 1, NULL"
            " FROM users_user AS inserted WHERE inserted.connector_id = %s ORDER BY inserted.id LIMIT %s",
            [connector.partner_id, connector.company_id, connector.pk, connector.pk, count],
        )


def insert_people(connector: Connector, count: int) -> None:
    """People of the directory, past the rules."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO users_user (partner_id, company_id, connector_id, first_name, last_name, email, status,"
            " is_inactive_in_directory) SELECT %s, %s, %s, 'person' || n, '', 'person' || n || '@x.example', 'active',"
            " false FROM generate_series(1, %s) AS n",
            [connector.partner_id, connector.company_id, connector.pk, count],
        )
        cursor.execute("ANALYZE users_user")


@pytest.mark.django_db
def test_questions_of_a_large_directory() -> None:
    directory = Directory(make_company(tier=Tier.ADVANCED, seats=PEOPLE + 1))
    insert_people(directory.connector, PEOPLE)
    insert_entries(directory.connector, PEOPLE)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE directory_entry")
        cursor.execute(
            "INSERT INTO users_statuschange (partner_id, company_id, user_id, from_status, to_status,"
            " by_connector_id, door, reason)"
            " SELECT partner_id, company_id, id, '', 'active', connector_id, 'directory', '' FROM users_user"
            " WHERE connector_id = %s",
            [directory.connector.pk],
        )
    entry = Entry.objects.order_by("-pk")[0]
    # A limit that lets the benchmark through.
    generous = Limit("benchmark", a_second=1_000_000, burst=1_000_000)
    questions = {
        "userName eq": f'/Users?filter=userName eq "{entry.user_name.upper()}"',
        "externalId eq": f'/Users?filter=externalId eq "{entry.external_id}"',
        "emails.value eq": f'/Users?filter=emails.value eq "{entry.user_name}@x.example"',
        "title co": '/Users?filter=title co "19999"&count=1',
        "the last page of 100": f"/Users?startIndex={PEOPLE - 99}&count=100",
    }

    def ask(path: str) -> None:
        _refill()
        assert directory.send("GET", path).status_code == 200

    for what, path in questions.items():
        seconds, baseline = medians(ROUNDS, lambda path=path: ask(path), lambda: ask(f"/Users/{entry.scim_id}"))  # type: ignore[misc]
        report(what, seconds, baseline, against="reading one by its id")
    seconds, baseline = medians(ROUNDS, lambda: seconds_to_wait(generous, "x"), lambda: ask(f"/Users/{entry.scim_id}"))
    report("counting one request", seconds, baseline, against="reading one by its id")


@pytest.mark.django_db(transaction=True)
def test_people_over_bulk() -> None:
    """Somebody new, somebody renamed, somebody who is as before: each a transaction of its own."""
    directory = Directory(make_company(tier=Tier.ADVANCED, seats=PEOPLE))
    known = _bulk(directory, [_new() for _ in range(AT_ONCE)])

    def rename() -> None:
        name = {"op": "replace", "path": "name.givenName", "value": f"Name {next(_numbers)}"}
        _bulk(directory, [{"method": "PATCH", "path": path, "data": patch(name)} for path in known])

    def same() -> None:
        name = {"op": "add", "path": "name.familyName", "value": "Bench"}
        _bulk(directory, [{"method": "PATCH", "path": path, "data": patch(name)} for path in known])

    def insert() -> None:
        for _ in range(AT_ONCE):
            _insert(directory.connector)

    *taken, baseline = medians(10, lambda: _bulk(directory, [_new() for _ in range(AT_ONCE)]), rename, same, insert)
    for what, seconds in zip(("somebody new", "somebody renamed", "the same again"), taken, strict=True):
        report(f"{what} over Bulk", seconds / AT_ONCE, baseline / AT_ONCE, against="a bare INSERT of the person's row")


def _new() -> dict[str, Any]:
    name = f"bench{next(_numbers)}"
    said = person(name, emails=[{"value": f"{name}@x.example"}], name={"givenName": "Ada", "familyName": "Bench"})
    return {"method": "POST", "path": "/Users", "bulkId": name, "data": said}


def _bulk(directory: Directory, operations: list[dict[str, Any]]) -> list[str]:
    """The paths of those whom it is about."""
    _refill()
    answer = directory.bulk(*operations)
    told = json.loads(answer.content)["Operations"]
    assert {one["status"] for one in told} <= {"200", "201"}
    return ["/Users/" + one["location"].rpartition("/")[2] for one in told]


def _insert(connector: Connector) -> None:
    User.objects.create(
        partner_id=connector.partner_id,
        company_id=connector.company_id,
        connector=connector,
        first_name="Ada",
        last_name="Bench",
        email=f"bench{next(_numbers)}@x.example",
        status=UserStatus.ACTIVE,
    )


def _refill() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM portal_cache WHERE starts_with(cache_key, 'scim:')")
