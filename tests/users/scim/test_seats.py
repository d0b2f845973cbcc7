"""What a directory may know of seats before it sends anybody: beside what the service can do (R6, R7, R23)."""

import json
from typing import Any

import pytest

from licensing.enums import Tier
from tests.factories import make_company, make_partner
from tests.facts import nothing_changes
from tests.users.scim.client import Directory, error
from users.directory.models import Connector
from users.scim.schemas import CONFIG
from users.scim.seats import SEATS

pytestmark = pytest.mark.django_db


CONFIG_PATH = "/ServiceProviderConfig"


def told(directory: Directory, path: str = f"{CONFIG_PATH}?attributes={SEATS}") -> dict[str, Any]:
    """The whole answer."""
    response = directory.send("GET", path)
    assert response.status_code == 200, response.content
    return dict(json.loads(response.content))


def test_it_says_what_is_available_who_waits_and_who_decides() -> None:
    """The primary user has one of three seats; of four people two are seated, one waits, one has no place (R20)."""
    directory = Directory(make_company(tier=Tier.ADVANCED, seats=3))
    assert told(directory)[SEATS] == {
        "total": 3,
        "available": 2,
        "waiting": 0,
        "asksApproval": False,
        "fillsAutomatically": False,
    }
    for name in ("ann", "bob", "carl"):
        directory.create(name)
    directory.create("dora", active=False)
    company = directory.connector.company
    company.refresh_from_db()
    company.fills_automatically = True
    company.save(update_fields=["fills_automatically"])
    Connector.objects.filter(pk=directory.connector.pk).update(asks_approval=True)
    assert told(directory)[SEATS] == {
        "total": 3,
        "available": 0,
        "waiting": 1,
        "asksApproval": True,
        "fillsAutomatically": True,
    }


def test_r23_the_seats_are_those_of_ones_own_company() -> None:
    ours = Directory(make_company(tier=Tier.ADVANCED, seats=3))
    theirs = Directory(make_company(make_partner(), tier=Tier.ADVANCED, seats=9))
    neighbours = Directory(make_company(ours.connector.partner, tier=Tier.ADVANCED, seats=6))
    assert [told(one)[SEATS]["total"] for one in (ours, theirs, neighbours)] == [3, 9, 6]


@pytest.mark.parametrize(
    ("path", "is_asked"),
    [
        (CONFIG_PATH, False),
        (f"{CONFIG_PATH}?attributes=bulk", False),
        (f"{CONFIG_PATH}?attributes={SEATS}", True),
        (f"{CONFIG_PATH}/?attributes=bulk,%20{SEATS.upper()}", True),
    ],
)
def test_who_does_not_ask_is_told_what_the_standard_has(path: str, is_asked: bool) -> None:
    directory = Directory(make_company(tier=Tier.ADVANCED, seats=3))
    told(directory)
    with nothing_changes(directory.connector.company):
        whole = told(directory, path)
    assert whole["schemas"] == [str(CONFIG.__schema__), *([SEATS] if is_asked else [])]
    assert (SEATS in whole) == is_asked
    assert {name: whole[name] for name in whole if name not in {"schemas", "meta", SEATS}} == {
        name: said for name, said in CONFIG.model_dump().items() if name not in {"schemas", "meta"}
    }


def test_elsewhere_it_is_an_attribute_like_others() -> None:
    directory = Directory(make_company(tier=Tier.ADVANCED, seats=3))
    refused = directory.send("GET", f"{CONFIG_PATH}?filter=x pr&attributes={SEATS}")
    assert json.loads(refused.content) == error(403, "Discovery endpoints do not support filtering")
    assert SEATS not in told(directory, f"/ResourceTypes?attributes={SEATS}")
