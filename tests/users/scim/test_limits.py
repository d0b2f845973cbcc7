"""How often a directory may ask: counted for all processes together, and told with Retry-After."""

import json
import time

import pytest
from django.db import connection

from licensing.enums import Tier
from tests.factories import make_company
from tests.facts import nothing_changes
from tests.users.scim.client import Directory, error, person
from users.scim.limits import REQUESTS, Limit, seconds_to_wait

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_bucket_holds_its_burst_and_fills_again() -> None:
    limit = Limit("test", a_second=20, burst=5)
    assert [seconds_to_wait(limit, "ann") for _ in range(5)] == [0] * 5
    wait = seconds_to_wait(limit, "ann")
    assert 0 < wait <= 1 / 20
    time.sleep(wait)
    assert seconds_to_wait(limit, "ann") == 0


def test_what_is_refused_takes_nothing_out() -> None:
    limit = Limit("test", a_second=0.01, burst=5)
    assert seconds_to_wait(limit, "ann", 4) == 0
    assert 90 < seconds_to_wait(limit, "ann", 2) < 101
    assert seconds_to_wait(limit, "ann", 1) == 0


def test_buckets_are_apart() -> None:
    one, other = Limit("one", a_second=0.01, burst=1), Limit("other", a_second=0.01, burst=1)
    assert [seconds_to_wait(one, "ann"), seconds_to_wait(one, "bob"), seconds_to_wait(other, "ann")] == [0, 0, 0]
    assert seconds_to_wait(one, "ann") > 0


def test_by_default_a_hundred_at_once_and_25_a_second() -> None:
    assert (REQUESTS.a_second, REQUESTS.burst) == (25, 100)


def test_who_asks_too_often_is_told_when_to_come_again() -> None:
    directory, other = Directory(make_company(tier=Tier.ADVANCED)), Directory(make_company(tier=Tier.ADVANCED))
    _empty(f"scim:requests:{directory.connector.pk}")
    with nothing_changes(directory.connector.company):
        answer = directory.send("POST", "/Users", person("ann"))
        assert (answer.status_code, json.loads(answer.content)) == (429, error(429, "Too many requests"))
        assert 55 < int(answer.headers["Retry-After"]) <= 61
    assert other.send("GET", "/Users").status_code == 200


def test_the_operations_of_a_bulk_request_are_counted_apart() -> None:
    directory = Directory(make_company(tier=Tier.ADVANCED))
    _empty(f"scim:operations:{directory.connector.pk}")
    operation = {"method": "POST", "path": "/Users", "bulkId": "ann", "data": person("ann")}
    answer = directory.bulk(operation)
    assert (answer.status_code, json.loads(answer.content)) == (429, error(429, "Too many requests"))
    assert int(answer.headers["Retry-After"]) > 50
    assert directory.send("POST", "/Users", person("ann")).status_code == 201


def _empty(key: str) -> None:
    """As if so many had been asked that the bucket is full again an hour from now, less what it holds: in a minute."""
    with connection.cursor() as cursor:
        burst = "64 seconds" if "requests" in key else "70 seconds"
        cursor.execute(
            "INSERT INTO portal_cache (cache_key, value, expires) VALUES (%s, '', clock_timestamp() + %s::interval)",
            [key, burst],
        )
