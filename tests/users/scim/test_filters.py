"""What is found, beyond what the contract of storages asks (RFC 7644, 3.4.2)."""

import json
from typing import Any

import pytest
from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from scim2_models import ScimFilter

from companies.partners.scope import partner_scope
from licensing.enums import Tier
from tests.factories import add_arrivals, make_company
from tests.users.scim.client import CORE, ENTERPRISE, GROUP, SEARCH, SEAT, Directory, error, person
from users.directory.models import Entry
from users.scim.filters import condition_of
from users.scim.places import ENTRIES
from users.scim.schemas import USER_MODEL

pytestmark = pytest.mark.django_db


@pytest.fixture
def directory() -> Directory:
    """Three people and a group of one of them; `bob` waits."""
    directory = Directory(make_company(tier=Tier.ADVANCED, seats=2))
    work = [{"value": "Ann@x.example", "type": "work", "primary": True}]
    ann = directory.create("Ann", externalId="A-1", emails=work, **{ENTERPRISE: {"department": "Sales"}})
    directory.create("bob", active=False, title="Boss")
    directory.create("carl", name={"familyName": "Clark"})
    group = {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": ann["id"], "display": "Ann"}]}
    assert directory.send("POST", "/Groups", group).status_code == 201
    return directory


def found(directory: Directory, path: str) -> list[str]:
    response = directory.send("GET", path)
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = json.loads(response.content)
    assert answer["totalResults"] == len(answer["Resources"]) == answer["itemsPerPage"]
    return [one.get("userName") or one["displayName"] for one in answer["Resources"]]


@pytest.mark.parametrize(
    ("scim_filter", "names"),
    [
        ('userName eq "ANN"', ["Ann"]),
        ('externalId eq "A-1"', ["Ann"]),
        ('externalId eq "a-1"', []),
        ('emails[type eq "work"].value eq "ann@X.example"', ["Ann"]),
        ('emails[type eq "home"].value eq "ann@X.example"', []),
        ('emails[type eq "work" and value ew "x.example"]', ["Ann"]),
        ("not (emails pr)", ["bob", "carl"]),
        (f'{ENTERPRISE}:department eq "sales"', ["Ann"]),
        (f'not ({ENTERPRISE}:department eq "sales")', ["bob", "carl"]),
        ('active eq true and (userName sw "c" or title pr)', ["carl"]),
        ("active eq false", ["bob"]),
        ('meta.resourceType eq "User" and name.familyName co "LAR"', ["carl"]),
        ('meta.lastModified gt "2001-01-01T00:00:00Z" and title eq "boss"', ["bob"]),
        ('meta.created lt "2001-01-01T00:00:00Z"', []),
        (f'{SEAT}:status eq "active"', None),
        ('password eq "x"', None),
    ],
)
def test_people(directory: Directory, scim_filter: str, names: list[str] | None) -> None:
    """None: refused."""
    path = f"/Users?filter={scim_filter}"
    if names is not None:
        assert found(directory, path) == names
    else:
        answer = directory.send("GET", path)
        assert (answer.status_code, json.loads(answer.content)["scimType"]) == (400, "invalidFilter")


LETTERS = ["ΝΙΚΟΣ@fold.example", "İpek@fold.example", "STRAẞE@fold.example", "Straße@fold.example", "Ǆ@fold.example"]


@pytest.mark.parametrize("name", LETTERS)
def test_letters_that_python_folds_otherwise(directory: Directory, name: str) -> None:
    """R20: whom a filter finds is whom a duplicate would be refused for, and nobody else."""
    near = name.lower()
    directory.create(name, displayName=name, emails=[{"value": name}])
    again = directory.send("POST", "/Users", person(near))
    if again.status_code == 409:
        assert found(directory, f'/Users?filter=userName eq "{near}"') == [name]
    else:
        assert found(directory, f'/Users?filter=userName eq "{near}"') == [near]
    start, end = name[:3], name[1:]
    for asked in (
        f'userName eq "{name}"',
        f'not (userName ne "{name}") and userName pr',
        f'displayName eq "{name}"',
        f'displayName sw "{start}" and displayName ew "{end}" and displayName co "{name[1:4]}"',
        f'displayName ge "{name}" and displayName le "{name}"',
        f'emails.value eq "{name}"',
    ):
        assert found(directory, f"/Users?filter={asked}") == [name], asked
    assert name in found(directory, f'/Users?filter=userName sw "{start}" and userName ew "{end}"')


def test_pages_beyond_all_numbers(directory: Directory) -> None:
    for query in ("startIndex=99999999999999999999&count=2", "startIndex=9223372036854775807&count=1000"):
        for path in (f"/Users?{query}", f"/?{query}", f"/Groups?{query}"):
            answer = directory.send("GET", path)
            assert (answer.status_code, json.loads(answer.content).get("Resources", [])) == (200, []), path
    answer = directory.send("GET", "/Users?count=99999999999999999999")
    assert len(json.loads(answer.content)["Resources"]) == 3
    answer = directory.send("POST", "/Users/.search", {"schemas": [SEARCH], "startIndex": 10**30, "count": 10**30})
    assert (answer.status_code, json.loads(answer.content)["totalResults"]) == (200, 3)


def test_groups(directory: Directory) -> None:
    ann = Entry.objects.get(user_name="Ann")
    assert found(directory, f'/Groups?filter=members eq "{ann.scim_id}"') == ["Sales"]
    assert found(directory, '/Groups?filter=members[display eq "ann"]') == ["Sales"]
    assert found(directory, '/Groups?filter=members.value eq "nobody"') == []
    assert found(directory, '/Groups?filter=displayName eq "SALES"') == ["Sales"]


def test_everything_at_once(directory: Directory) -> None:
    assert found(directory, "/") == ["Ann", "bob", "carl", "Sales"]
    assert found(directory, '/?filter=meta.resourceType eq "Group"') == ["Sales"]
    assert found(directory, "/?sortBy=userName&sortOrder=descending") == ["Sales", "carl", "bob", "Ann"]
    answer = directory.send("POST", "/.search", {"schemas": [SEARCH], "filter": "displayName pr", "count": 0})
    assert json.loads(answer.content)["totalResults"] == 1


def test_pages(directory: Directory) -> None:
    answer = json.loads(directory.send("GET", "/Users?sortBy=userName&startIndex=2&count=1").content)
    assert (answer["totalResults"], answer["startIndex"], answer["itemsPerPage"]) == (3, 2, 1)
    assert [one["userName"] for one in answer["Resources"]] == ["bob"]
    behind = json.loads(directory.send("GET", "/Users?startIndex=9").content)
    assert (behind["totalResults"], behind["Resources"]) == (3, [])
    answer = json.loads(directory.send("GET", "/Users?cursor=").content)
    assert answer == error(501, "Pagination by cursor is not supported")


@pytest.mark.parametrize(
    ("path", "attribute"),
    [
        *(("/Users", f"{SEAT}:{name}") for name in ("status", "reason", "position", "since", "leftScope")),
        *(("/Users", f"{CORE}:{name}") for name in ("schemas", "groups.value", "meta.version", "meta.location")),
        ("/Groups", f"{GROUP}:schemas"),
        ("/", f"{SEAT}:status"),
    ],
)
def test_an_order_that_would_be_none_is_refused(directory: Directory, path: str, attribute: str) -> None:
    """What is true of people stands in no column, and their places move while one pages through them."""
    answer = directory.send("GET", f"{path}?sortBy={attribute}&sortOrder=descending")
    said = error(400, f"'{attribute}' cannot be sorted by", "invalidPath")
    assert (answer.status_code, json.loads(answer.content)) == (400, said)
    body = {"schemas": [SEARCH], "sortBy": attribute}
    answer = directory.send("POST", f"{path}/.search".replace("//", "/"), body)
    assert (answer.status_code, json.loads(answer.content)) == (400, said)


def test_a_user_name_is_found_by_its_index(directory: Directory) -> None:
    """R23: told not to read whole tables, PostgreSQL finds it where row-level security lets it look."""
    connector = directory.connector
    # In a table of a few rows every index is as good as another.
    Entry.objects.bulk_create(
        Entry(
            partner_id=user.partner_id,
            company_id=user.company_id,
            connector=connector,
            user=user,
            user_name=f"somebody-{user.pk}",
        )
        for user in add_arrivals(connector, 400)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE directory_entry")
    condition = condition_of(ScimFilter[USER_MODEL]('userName eq "ANN"'), ENTRIES)  # type: ignore[valid-type]
    rows = Entry.objects.of_connector(connector).filter(
        RawSQL(condition.text, condition.params, BooleanField()),  # noqa: S611
        company_id=connector.company_id,
    )
    with partner_scope(connector.partner_id), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = rows.explain()
        assert [entry.user_name for entry in rows] == ["Ann"]
    # Folded by the planner: the index is asked with a constant.
    assert "entry_user_name_once" in plan
    assert "(user_name_norm)::text = 'ann'::text" in plan
