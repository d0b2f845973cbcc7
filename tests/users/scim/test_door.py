"""Who is let in, what of whose is seen, and in which words anybody is refused (R23)."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.models import Company
from companies.partners.models import Partner
from licensing.enums import Tier
from tests.factories import make_account, make_company, make_partner, sign_in
from tests.facts import facts, nothing_changes
from tests.users.scim.client import LIST, SEARCH, Directory, error, patch, person
from users.directory.models import Connector, Entry, Group, Outcome
from users.directory.rules import pause_connector, remove_connector, resume_connector
from users.directory.tokens import rotate_token

pytestmark = pytest.mark.django_db(transaction=True)

WITHOUT_TOKEN = error(401, "Send the connector's token: Authorization: Bearer …")
WRONG_TOKEN = error(401, "This token opens nothing")
NOT_THERE = error(404, "There is no such resource")


def company_of(partner: Partner | None = None, *, seats: int = 5) -> Company:
    return make_company(partner, tier=Tier.ADVANCED, seats=seats)


def ask(token: str, path: str = "/Users", scheme: str = "Bearer") -> tuple[int, Any]:
    response = Client().get(f"/scim/v2{path}", headers={"Authorization": f"{scheme} {token}"})
    return response.status_code, response.json()


@pytest.mark.parametrize("path", ["", "/Users", "/Users/x", "/ServiceProviderConfig", "/Schemas", "/Bulk", "/nothing"])
def test_without_a_token_nothing_is_answered(path: str) -> None:
    response = Client().get(f"/scim/v2/{path.lstrip('/')}")
    assert response.status_code == 401
    assert response.json() == WITHOUT_TOKEN
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="SCIM"'
    assert response.headers["Content-Type"] == "application/scim+json"
    assert response.cookies.output() == ""


def test_a_wrong_token_opens_nothing() -> None:
    directory = Directory(company_of())
    assert ask(directory.token[:-1]) == (401, WRONG_TOKEN)
    assert ask("x" * 5_000) == (401, WITHOUT_TOKEN)
    assert ask(directory.token, scheme="Basic") == (401, WITHOUT_TOKEN)
    assert ask(directory.token, scheme="bearer")[0] == 200


def test_a_session_opens_nothing() -> None:
    company = company_of()
    client = Client()
    sign_in(client, make_account(company.partner))
    response = client.get("/scim/v2/Users")
    assert (response.status_code, response.json()) == (401, WITHOUT_TOKEN)


def test_both_tokens_work_while_they_overlap() -> None:
    directory = Directory(company_of())
    new = rotate_token(directory.connector, by=None)
    assert [ask(directory.token)[0], ask(new)[0]] == [200, 200]


def test_a_removed_connector_opens_nothing() -> None:
    directory = Directory(company_of())
    remove_connector(directory.connector, by=None)
    assert ask(directory.token) == (401, WRONG_TOKEN)


def test_it_is_written_down_when_a_connector_was_heard_of() -> None:
    directory = Directory(company_of())
    directory.send("GET", "/Users")
    assert Connector.objects.get(pk=directory.connector.pk).last_contact_at is not None


@pytest.fixture(params=["another partner", "another company of the partner", "another connector of the company"])
def theirs(request: pytest.FixtureRequest) -> tuple[Directory, Directory]:
    """Our directory, and one of somebody else, who has a user and a group."""
    ours = Directory(company_of())
    company = ours.connector.company
    if request.param == "another partner":
        company = company_of(make_partner())
    elif request.param == "another company of the partner":
        company = company_of(company.partner)
    return ours, Directory(company, name="Theirs")


def test_what_is_of_another_connector_is_not_there(theirs: tuple[Directory, Directory]) -> None:
    """R23: whatever is asked of a foreign id is a 404, and changes nothing."""
    ours, other = theirs
    user = other.create("ann", emails=[{"value": "ann@theirs.example"}])
    group = other.send("POST", "/Groups", {"schemas": [], "displayName": "Theirs"}).json()  # type: ignore[attr-defined]
    before = facts(other.connector.partner)["directory.Entry"], facts(other.connector.partner)["directory.Group"]
    asked: list[tuple[str, Any]] = [
        ("GET", None),
        ("PUT", person("ann")),
        ("PATCH", patch({"op": "replace", "path": "displayName", "value": "Ours"})),
        ("DELETE", None),
    ]
    for method, body in asked:
        for path in (f"/Users/{user['id']}", f"/Groups/{group['id']}"):
            sent = body if method != "PUT" or "Users" in path else {"schemas": [], "displayName": "Ours"}
            response = ours.send(method, path, sent)
            assert (response.status_code, json.loads(response.content)) == (404, NOT_THERE), (method, path)
    bulk = ours.bulk({"method": "DELETE", "path": f"/Users/{user['id']}"})
    assert json.loads(bulk.content)["Operations"][0]["status"] == "404"
    assert before == (
        facts(other.connector.partner)["directory.Entry"],
        facts(other.connector.partner)["directory.Group"],
    )


def test_lists_hold_ones_own_only(theirs: tuple[Directory, Directory]) -> None:
    """R23: neither lists, nor filters, nor searches, nor totals."""
    ours, other = theirs
    user = other.create("ann", emails=[{"value": "ann@theirs.example"}])
    other.send("POST", "/Groups", {"schemas": [], "displayName": "Theirs", "members": [{"value": user["id"]}]})
    empty = {"schemas": [LIST], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []}
    for path in (
        "/Users",
        "/Groups",
        "/",
        '/Users?filter=userName eq "ann"',
        f'/Users?filter=id eq "{user["id"]}"',
        '/Users?filter=emails co "theirs"',
        "/Users?filter=not (userName pr)",
        '/Groups?filter=displayName eq "Theirs"',
    ):
        response = ours.send("GET", path)
        assert (response.status_code, json.loads(response.content)) == (200, empty), path
    for path in ("/.search", "/Users/.search", "/Groups/.search"):
        response = ours.send("POST", path, {"schemas": [SEARCH], "filter": "id pr"})
        assert (response.status_code, json.loads(response.content)) == (200, empty), path


def test_another_company_may_have_the_same_user_name() -> None:
    ours, theirs = Directory(company_of()), Directory(company_of())
    ours.create("ann")
    assert theirs.create("ann")["userName"] == "ann"


def test_another_connector_of_the_company_may_not() -> None:
    """R21: who is managed by another connector is a duplicate, and is written down as refused."""
    ours = Directory(company_of())
    other = Directory(ours.connector.company, name="Theirs")
    other.create("ann", emails=[{"value": "ann@x.example"}])
    by_name = ours.send("POST", "/Users", person("Ann"))
    by_email = ours.send("POST", "/Users", person("other", emails=[{"value": "ANN@x.example"}]))
    assert [(r.status_code, json.loads(r.content)["scimType"]) for r in (by_name, by_email)] == [
        (409, "uniqueness")
    ] * 2
    assert Entry.objects.filter(connector=ours.connector).count() == 0
    rows = facts(ours.connector.company)["directory.Outcome"]
    refused = [(row["kind"], row["code"], row["named"]) for row in rows if row["kind"] == "refused"]
    assert refused == [("refused", "user_name_taken", "Ann"), ("refused", "email_taken", "other")]


def test_a_refused_change_is_told_of_the_person() -> None:
    """R6: by the present name, not as somebody unknown; a refused creation before it is nobody's."""
    directory = Directory(company_of())
    directory.create("ann")
    bob = directory.create("bob")
    rename = {"op": "replace", "path": "userName", "value": "ANN"}
    answer = directory.bulk(
        {"method": "PATCH", "path": f"/Users/{bob['id']}", "data": patch(rename)},
        {"method": "POST", "path": "/Users", "bulkId": "ann", "data": person("Ann")},
    )
    assert [one["status"] for one in json.loads(answer.content)["Operations"]] == ["409", "409"]
    refused = Outcome.objects.filter(kind="refused").order_by("pk")
    assert [(told.entry and str(told.entry.scim_id), told.named) for told in refused] == [
        (bob["id"], "ANN"),
        (None, "Ann"),
    ]


def test_a_paused_connector_reads_but_does_not_write() -> None:
    directory = Directory(company_of())
    user = directory.create("ann")
    pause_connector(directory.connector, by=None)
    group: dict[str, Any] = {"schemas": [], "displayName": "Sales"}
    with nothing_changes(directory.connector.company):
        for method, path, body in (
            ("POST", "/Users", person("bob")),
            ("PATCH", f"/Users/{user['id']}", patch({"op": "replace", "path": "title", "value": "Boss"})),
            ("DELETE", f"/Users/{user['id']}", None),
            ("POST", "/Groups", group),
        ):
            response = directory.send(method, path, body)
            assert response.status_code == 503
            assert response.headers["Retry-After"] == "600"
            assert json.loads(response.content) == error(
                503, "This connector is paused. Resume it in the portal, then try again."
            )
        assert directory.send("GET", f"/Users/{user['id']}").status_code == 200
    resume_connector(directory.connector, by=None)
    assert directory.send("POST", "/Groups", group).status_code == 201


def test_what_is_not_there_and_what_is_not_supported() -> None:
    directory = Directory(company_of())
    for method, path, status, detail in (
        ("GET", "/Me", 501, "/Me is not supported"),
        ("GET", "/Things", 404, "No resource type found at 'Things'"),
        ("GET", "/Users/1/2", 404, "No SCIM endpoint at '/Users/1/2'"),
        ("GET", "/Users/1", 404, "There is no such resource"),
        ("PUT", "/Users", 405, "The endpoint does not support this method"),
        ("GET", "/Schemas?filter=id pr", 403, "Discovery endpoints do not support filtering"),
    ):
        response = directory.send(method, path, person("x") if method == "PUT" else None)
        assert (response.status_code, json.loads(response.content)) == (status, error(status, detail))
    assert directory.send("PUT", "/Users").headers["Allow"] == "GET, POST"


def test_no_address_below_speaks_html() -> None:
    """Nor does what other code answers: there is no page of the portal at this door."""
    for path in ("/scim/", "/scim/v1/Users", "/scim/nothing"):
        response = Client().get(path)
        assert (response.status_code, response.json()) == (404, error(404, "Not Found"))
        assert response.headers["Content-Type"] == "application/scim+json"


def test_wrong_tokens_are_limited_and_written_down_and_right_ones_are_let_in() -> None:
    directory = Directory(company_of())
    begun, answers = time.monotonic(), [401]
    while answers[-1] == 401 and len(answers) < 60:
        answers.append(ask("wrong")[0])
    # Thirty at once, and one more every six seconds that this takes.
    assert answers[1:] == [401] * (len(answers) - 2) + [429]
    assert 30 <= len(answers) - 2 <= 31 + (time.monotonic() - begun) / 6
    response = Client().get("/scim/v2/Users", headers={"Authorization": "Bearer wrong"})
    assert response.json() == error(429, "Too many wrong tokens")
    assert 1 <= int(response.headers["Retry-After"]) <= 7
    assert ask(directory.token)[0] == 200
    events = AuditEvent.objects.filter(act=Act.TOO_MANY_ATTEMPTS)
    assert [(event.partner_id, event.data, event.address) for event in events] == [
        (None, {"what": "scim"}, "127.0.0.1")
    ]


def test_a_mistake_of_ours_is_told_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    """The database refuses what no rule foresaw: the log has it all, the directory a 500 and no more."""
    directory = Directory(company_of())
    Group.objects.create(
        partner_id=directory.connector.partner_id,
        company_id=directory.connector.company_id,
        connector=directory.connector,
        display_name="Broken",
        members="no list at all",
    )
    response = directory.send("GET", "/Groups")
    assert (response.status_code, json.loads(response.content)) == (500, error(500, "Internal server error"))
    assert "SCIM request failed" in caplog.text


@pytest.mark.parametrize(
    ("path", "status"), [("/Users", 200), ("/Users/nobody", 404), ("/Bulk", 405), ("/ServiceProviderConfig", 200)]
)
def test_head_is_answered_as_get_is_without_a_body(path: str, status: int) -> None:
    directory = Directory(company_of())
    full, answer = directory.send("GET", path), directory.send("HEAD", path)
    assert (full.status_code, answer.status_code, answer.content) == (status, status, b"")
    for header in ("Content-Type", "Content-Length", "Allow"):
        assert answer.headers.get(header) == full.headers.get(header)


def test_what_is_said_on_purpose_is_no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    directory = Directory(company_of())
    assert directory.send("GET", "/Me").status_code == 501
    pause_connector(directory.connector, by=None)
    assert directory.send("POST", "/Users", person("ann")).status_code == 503
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
