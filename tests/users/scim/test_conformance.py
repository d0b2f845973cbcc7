"""Two suites of others try the door as it runs for real: a server process of its own, and PostgreSQL."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import CheckResult, Status, check_server
from scim_sanity.probe.runner import run_probe_api

from licensing.enums import Tier
from tests.factories import make_company
from tests.served import server
from users.directory.enums import ConnectorKind
from users.directory.rules import add_connector
from users.scim.translation import SEAT

REMOVAL = "check_remove_attribute"

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Door:
    """Where the server answers, and what opens it."""

    url: str
    token: str


@pytest.fixture
def door() -> Iterator[Door]:
    company = make_company(tier=Tier.ADVANCED, seats=3)
    _connector, token = add_connector(company, kind=ConnectorKind.SCIM, name="Directory", by=None)
    with server(threads=2, PORTAL_SCIM_REQUESTS="10000", PORTAL_SCIM_BURST="100000") as port:
        yield Door(f"http://127.0.0.1:{port}/scim/v2", token)


def test_scim2_tester_finds_no_error(door: Door) -> None:
    with Client(base_url=door.url, headers={"Authorization": f"Bearer {door.token}"}) as client:
        results = check_server(SyncSCIMClient(client))
    wrong = [result for result in results if result.status != Status.SUCCESS and not _is_of_seats(result)]
    assert [f"{result.title}: {result.reason}" for result in wrong] == []
    assert len(results) > 100


def _is_of_seats(result: CheckResult) -> bool:
    """It takes every writable attribute away and looks whether it is gone: what is true of a person stays.

    `leftScope` is void while the person is active (R20). `active` is never unknown: taken away, it stays as it was, as
    RFC 7643, 2.5, lets a service provider have a value for what has none, and identity providers look for it.
    """
    about = result.data.get("urn", "") if isinstance(result.data, dict) else ""
    return about in {SEAT, f"{SEAT}:leftScope"} or (about == "active" and result.title == REMOVAL)


def test_scim_sanity_finds_nothing_when_it_is_strict(door: Door) -> None:
    report = run_probe_api(door.url, token=door.token, strict=True)
    assert [result for result in report["results"] if result["status"] in {"fail", "error", "warn"}] == []
    assert report["exit_code"] == 0
    assert report["summary"]["passed"] > 20
