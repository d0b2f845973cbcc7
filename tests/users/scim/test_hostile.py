"""What no directory sends: every refusal is a document of RFC 7644, and changes nothing."""

import json
from typing import Any

import pytest

from licensing.enums import Tier
from tests.factories import make_company
from tests.facts import facts
from tests.users.scim.client import CORE, ERROR, GROUP, Directory, patch, person
from users.scim.schemas import MAX_BODY

pytestmark = pytest.mark.django_db


@pytest.fixture
def directory() -> Directory:
    return Directory(make_company(tier=Tier.ADVANCED, seats=5))


def lists(depth: int) -> bytes:
    return (
        json.dumps({"schemas": [CORE], "userName": "ann", "x": "?"})
        .encode()
        .replace(b'"?"', b"[" * depth + b"]" * depth)
    )


BODIES: list[tuple[str, Any, int, str | None]] = [
    ("nothing", b"", 400, "invalidSyntax"),
    ("no JSON", b"{", 400, "invalidSyntax"),
    ("no UTF-8", b'{"userName": "\xff\xfe"}', 400, "invalidSyntax"),
    ("no object", b"[]", 400, "invalidSyntax"),
    ("a word", b'"ann"', 400, "invalidSyntax"),
    ("too deep", lists(5_000), 400, "invalidSyntax"),
    ("a NUL in the userName", person("a\0nn"), 400, "invalidValue"),
    ("a NUL in a name", person("ann", title="a\0b"), 400, "invalidValue"),
    ("a NUL in a key", person("ann", **{"a\0b": 1}), 400, "invalidValue"),
    ("half a character", b'{"schemas": ["%s"], "userName": "\\ud800"}' % CORE.encode(), 400, "invalidSyntax"),
    (
        "a number without end",
        b'{"schemas": ["%s"], "userName": "ann", "x": %s}' % (CORE.encode(), b"7" * 9_000),
        400,
        "invalidSyntax",
    ),
    ("no userName", {"schemas": [CORE]}, 400, "invalidValue"),
    ("an empty userName", person(" "), 400, "invalidValue"),
    ("a userName that is no text", {"schemas": [CORE], "userName": ["ann"]}, 400, "invalidValue"),
    ("a userName without end", person("a" * 255), 400, "invalidValue"),
    ("an externalId without end", person("ann", externalId="a" * 256), 400, "invalidValue"),
    ("a name without end", person("ann", name={"givenName": "a" * 101}), 400, "invalidValue"),
    ("a name that is no name", person("ann", name="Ann"), 400, "invalidValue"),
    ("emails that are none", person("ann", emails="ann@x.example"), 400, "invalidValue"),
    ("active maybe", person("ann", active="maybe"), 400, "invalidValue"),
]


@pytest.mark.parametrize(("what", "body", "status", "scim_type"), BODIES, ids=[what for what, *_ in BODIES])
def test_bodies(directory: Directory, what: str, body: Any, status: int, scim_type: str | None) -> None:
    refused(directory, "POST", "/Users", body, status, scim_type)


def test_what_is_no_number_is_nothing(directory: Directory) -> None:
    body = b'{"schemas": ["%s"], "userName": "ann", "x": NaN, "y": [1e999]}' % CORE.encode()
    made = json.loads(directory.send("POST", "/Users", body).content)
    assert (made.get("x"), made["y"]) == (None, [None])


def test_a_body_that_is_too_big(directory: Directory) -> None:
    big = json.dumps(person("ann", title="x" * MAX_BODY)).encode()
    for path in ("/Users", "/Bulk", "/Groups"):
        refused(directory, "POST", path, big, 413, None)
    # Beyond what the portal takes from anybody.
    refused(directory, "POST", "/Users", b"x" * (12 * 1024 * 1024), 413, None)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
def test_content_types(directory: Directory, content_type: str) -> None:
    body = json.dumps(person("ann")).encode()
    refused(directory, "POST", "/Users", body, 415, None, Content_Type=content_type)


def test_plain_json_is_welcome(directory: Directory) -> None:
    body = json.dumps(person("ann")).encode()
    assert directory.send("POST", "/Users", body, Content_Type="application/json; charset=utf-8").status_code == 201


@pytest.mark.parametrize(
    "query",
    [
        "filter=",
        "filter=userName",
        "filter=userName eq",
        'filter=userName eq "a',
        "filter=userName like 1",
        "filter=nothing eq 1",
        'filter=password eq "x"',
        'filter=groups.value eq "x"',
        'filter=schemas eq "x"',
        'filter=active gt "x"',
        "filter=" + "(" * 500 + "userName pr" + ")" * 500,
        "filter=" + "not (" * 300 + "userName pr" + ")" * 300,
        "filter=" + " and ".join(["userName pr"] * 3_000),
    ],
)
def test_filters(directory: Directory, query: str) -> None:
    """RFC 7644, 3.12: refused as a filter, or answered; a statement is never made of it."""
    response = directory.send("GET", f"/Users?{query}")
    document = json.loads(response.content)
    assert response.status_code in {200, 400}
    if response.status_code == 400:
        assert (document["schemas"], document["scimType"]) == ([ERROR], "invalidFilter")


@pytest.mark.parametrize(
    "value",
    ["' or 1=1 --", '\\"', "%", "_", "\\\\", "$1", "%(key)s", "%s", "{}", "üñï", "日本", "a\\u0000b", "\\ud800"],
)
def test_values_of_filters(directory: Directory, value: str) -> None:
    status = 400 if "\\u" in value else 200
    for attribute in ("userName", "externalId", "title", "emails.type"):
        for operator in ("eq", "co", "ew"):
            asked = f'/Users?filter={attribute} {operator} "{value}"'.replace("%", "%25")
            response = directory.send("GET", asked)
            assert (response.status_code, json.loads(response.content).get("totalResults", 0)) == (status, 0), asked


@pytest.mark.parametrize(
    "query", ["startIndex=x", "count=x", "sortBy=nothing", "sortBy=password", "sortOrder=up", "cursor=x", "sortBy=name"]
)
def test_queries(directory: Directory, query: str) -> None:
    refused(directory, "GET", f"/Users?{query}", None, 400 if "cursor" not in query else 501)


@pytest.mark.parametrize(
    "query", ["startIndex=-5", "startIndex=0", "count=-1", "startIndex=99999999", "count=99999999"]
)
def test_numbers_out_of_range_are_taken_for_the_nearest(directory: Directory, query: str) -> None:
    assert directory.send("GET", f"/Users?{query}").status_code == 200


OPERATIONS: list[Any] = [
    [],
    [{}],
    [{"op": "explode", "path": "title", "value": "x"}],
    [{"op": "remove"}],
    [{"op": "add", "path": "title"}],
    [{"op": "replace", "path": "userName", "value": None}],
    [{"op": "remove", "path": "userName"}],
    [{"op": "replace", "path": "id", "value": "x"}],
    [{"op": "replace", "path": "emails[", "value": "x"}],
    [{"op": "replace", "path": "active", "value": {"a": 1}}],
    [{"op": "replace", "path": "title", "value": "a\0b"}],
    [{"op": "replace", "path": "emails[type pr].value", "value": "x"}],
]


@pytest.mark.parametrize("operations", OPERATIONS, ids=json.dumps)
def test_patches(directory: Directory, operations: Any) -> None:
    made = directory.create("ann")
    refused(directory, "PATCH", f"/Users/{made['id']}", patch(*operations), 400)


def test_a_patch_is_all_or_nothing(directory: Directory) -> None:
    made = directory.create("ann")
    both = patch({"op": "replace", "path": "title", "value": "Boss"}, {"op": "replace", "path": "active", "value": "x"})
    refused(directory, "PATCH", f"/Users/{made['id']}", both, 400)


@pytest.mark.parametrize(
    "body",
    [
        {"schemas": [GROUP]},
        {"schemas": [GROUP], "displayName": ""},
        {"schemas": [GROUP], "displayName": "a\0b"},
        {"schemas": [GROUP], "displayName": "x" * 256},
        {"schemas": [GROUP], "displayName": "x", "members": [{"value": "a\0b"}]},
        {"schemas": [GROUP], "displayName": "x", "members": "all"},
    ],
    ids=json.dumps,
)
def test_groups(directory: Directory, body: Any) -> None:
    refused(directory, "POST", "/Groups", body, 400)


def test_a_group_of_many(directory: Directory) -> None:
    members = [{"value": f"{number:036}"} for number in range(20_000)]
    made = json.loads(
        directory.send("POST", "/Groups", {"schemas": [GROUP], "displayName": "x", "members": members}).content
    )
    changed = directory.patch(made["id"], {"op": "remove", "path": f'members[value eq "{7:036}"]'}, kind="Groups")
    assert len(json.loads(changed.content)["members"]) == 19_999


def refused(
    directory: Directory,
    method: str,
    path: str,
    body: Any,
    status: int,
    scim_type: str | None = "",
    **headers: str,
) -> None:
    """With exactly this status, in SCIM's words, without ours; nothing changes but what says who was refused."""
    before = _lasting(directory)
    response = directory.send(method, path, body, **headers)
    document = json.loads(response.content)
    assert response.status_code == status, document
    assert response.headers["Content-Type"] == "application/scim+json"
    assert (document["schemas"], document["status"]) == ([ERROR], str(status))
    if scim_type != "":
        assert document.get("scimType") == scim_type
    assert not {"pydantic", "psycopg", "Traceback", "django"} & set(document["detail"].replace(".", " ").split())
    assert "\n" not in document["detail"]
    assert _lasting(directory) == before


def _lasting(directory: Directory) -> Any:
    rows = facts(directory.connector.company)
    return {
        name: rows[name] for name in rows if name not in {"directory.Outcome", "directory.Run", "directory.Connector"}
    }
