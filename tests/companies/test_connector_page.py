"""A connector's own pages: how it fares, its rules, its token, its runs, what it holds (R20-R22, R24)."""

import datetime as dt
from collections.abc import Sequence

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.models import Company
from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from tests.factories import (
    add_arrivals,
    make_account,
    make_colleague,
    make_company,
    make_connector,
    make_run,
    sign_in,
    view_as,
)
from tests.facts import nothing_changes, statuses
from tests.page import Page, Tag
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.claims import Claim
from users.directory.enums import ConnectorKind, OutcomeKind
from users.directory.models import Connector, Entry, HeldChange, Outcome, Run
from users.directory.rules import pause_connector, remove_connector
from users.directory.sync import bring
from users.directory.tokens import connector_of
from users.enums import Withdrawal

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "dialog"}
RULES = {
    "name": "Head office",
    "on_disabled": "disable",
    "on_deleted": "disable",
    "threshold_people": "5",
    "threshold_percent": "10",
}


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(name="Ada")
    sign_in(client, account)
    return account


@pytest.fixture
def company(admin: Account) -> Company:
    return make_company(admin.partner, seats=9, tier=Tier.ADVANCED)


@pytest.fixture
def connector(company: Company) -> Connector:
    return make_connector(company, name="Head office")


def url(connector: Connector, place: str = "") -> str:
    return f"/companies/{connector.company_id}/settings/connectors/{connector.pk}/{place}"


def brought(connector: Connector, *names: str) -> list[Entry]:
    return [
        bring(
            connector, Claim(user_name=name.lower(), first_name=name, last_name="Lee", email=f"{name}@customer.example")
        )
        for name in names
    ]


def held(entries: Sequence[Entry], how: Withdrawal = Withdrawal.DISABLE) -> list[HeldChange]:
    """As if the directory had asked for more than its threshold allows."""
    for entry in entries:
        entry.active = False
        entry.save(update_fields=["active"])
    return [
        HeldChange.objects.create(
            partner_id=entry.partner_id,
            company_id=entry.company_id,
            connector_id=entry.connector_id,
            entry=entry,
            how=how,
        )
        for entry in entries
    ]


def heard(connector: Connector, ago: dt.timedelta) -> None:
    Connector.objects.filter(pk=connector.pk).update(last_contact_at=timezone.now() - ago)


def outcome(run: Run, kind: OutcomeKind, *, entry: Entry | None = None, code: str = "", named: str = "") -> Outcome:
    rows = {"partner_id": run.partner_id, "company_id": run.company_id, "run": run}
    return Outcome.objects.create(**rows, kind=kind, entry=entry, code=code, named=named)


def state(client: Client, connector: Connector) -> tuple[str, str]:
    """The word and the sentence, which are the same on the card and on the connector's page."""
    row = Page(client.get(f"/companies/{connector.company_id}/settings/")).one(id="connectors").one("li")
    word, (_name, _people, sentence) = row.one(class_="row-name").all("span")[0].text, row.texts("p")
    page = Page(client.get(url(connector)))
    assert page.one(id="health").texts(class_="connector-state") == [sentence]
    assert word in page.one(id="panel").text
    return word, sentence


def facts_of(page: Tag, id_: str) -> dict[str, str]:
    section = page.one(id=id_)
    return dict(zip(section.texts("dt"), section.texts("dd"), strict=True))


def test_a_connector_that_nobody_used_says_how_to_set_it_up(client: Client, connector: Connector) -> None:
    assert state(client, connector) == ("Never contacted", "The directory has not used the token yet.")
    page = Page(client.get(url(connector)))
    assert "open" in page.one("details", class_="setup").attributes
    assert page.one("input", id="scim-url")["value"] == "http://testserver/scim/v2"
    assert facts_of(page, "health") == {
        "Last contact": "never",
        "Last change": "never",
        "People managed": "0",
        "Holding a seat": "0",
        "Pending approval": "0",
    }
    assert page.one(id="runs").text == "The directory has not changed anything yet."


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ConnectorKind.ACTIVE_DIRECTORY, ["portal-agent check", 'url = "http://testserver/scim/v2"']),
        (ConnectorKind.ENTRA_ID, ["Enterprise applications", "Tenant URL", "Secret token"]),
        (ConnectorKind.OKTA, ["SCIM connector base URL", "HTTP Header", "Deactivate Users"]),
        (ConnectorKind.SCIM, ["SCIM 2.0", "bearer token"]),
    ],
)
def test_each_kind_has_its_own_steps(client: Client, company: Company, kind: ConnectorKind, words: list[str]) -> None:
    page = Page(client.get(url(make_connector(company, kind=kind))))
    steps = page.one("ol", class_="steps").text
    assert [word for word in words if word not in steps] == []
    assert ("When somebody leaves the group that is synchronized" in page.one(id="rules").texts("dt")) is (
        kind == ConnectorKind.ACTIVE_DIRECTORY
    )


def test_one_that_is_in_use_says_when_it_was_heard_of_and_whom_it_manages(
    client: Client, connector: Connector, company: Company
) -> None:
    brought(connector, *"ABCDEFGHIJ")
    heard(connector, dt.timedelta(minutes=1))
    word, sentence = state(client, connector)
    assert (word, sentence.split(":")[0]) == ("In use", "Last contact")
    page = Page(client.get(url(connector)))
    assert "open" not in page.one("details", class_="setup").attributes
    people = facts_of(page, "health")
    assert [people[name] for name in ("People managed", "Holding a seat")] == ["10", "8"]
    assert people["Pending approval"] == "2 Show"
    assert page.one(id="health").one("a")["href"] == f"/companies/{company.pk}/users/?status=pending"


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (ConnectorKind.ACTIVE_DIRECTORY, "In trouble"),
        (ConnectorKind.ENTRA_ID, "In trouble"),
        (ConnectorKind.OKTA, "In use"),
        (ConnectorKind.SCIM, "In use"),
    ],
)
def test_silence_is_trouble_for_those_who_call_daily(
    client: Client, company: Company, kind: ConnectorKind, word: str
) -> None:
    connector = make_connector(company, kind=kind)
    heard(connector, dt.timedelta(days=2, minutes=1))
    found, sentence = state(client, connector)
    assert found == word
    assert sentence.startswith("Since " if word == "In trouble" else "Last contact")


def test_people_who_could_not_come_in_are_named_with_the_reason(client: Client, connector: Connector) -> None:
    """R6: nobody is dropped silently; sent twice in a run, a person is one."""
    heard(connector, dt.timedelta(minutes=1))
    [entry] = brought(connector, "Ann")
    run = Run.objects.get()
    outcome(run, OutcomeKind.REFUSED, named="bob", code="email_taken")
    outcome(run, OutcomeKind.REFUSED, named="bob", code="user_name_taken")
    outcome(run, OutcomeKind.REFUSED, entry=entry, code="never_heard_of")
    told = "2 people could not be brought in during the last run."
    assert state(client, connector) == ("In trouble", told)
    errors = Page(client.get(url(connector))).one(id="health").one("ul")
    assert [(row.texts("p")[0], row.texts("p")[1]) for row in errors.all("li")] == [
        ("Ann Lee", "never_heard_of"),
        ("bob", "somebody else has this user name"),
        ("bob", "somebody else has this e-mail"),
    ]
    # In the next run nobody is refused.
    make_run(connector)
    assert state(client, connector)[0] == "In use"


def test_a_paused_one_says_so_whatever_else_is_wrong(client: Client, connector: Connector) -> None:
    outcome(make_run(connector), OutcomeKind.REFUSED, named="bob")
    pause_connector(connector, by=None)
    told = "Nothing that the directory sends is taken in until you resume it."
    assert state(client, connector) == ("Paused", told)


def test_the_rules_are_told_in_words_and_changed(client: Client, connector: Connector, admin: Account) -> None:
    """R6, R20, R22."""
    assert facts_of(Page(client.get(url(connector))), "rules") == {
        "People who arrive": "get a seat while seats are available, else they wait for approval",
        "When somebody is disabled in the directory": "disable them here; they keep their seat",
        "When somebody is deleted in the directory": "disable them here; they keep their seat",
        "Safety threshold": (
            "When the directory would disable or remove more than 5 people and more than 10 % of those it manages "
            "within an hour, or all of them, further ones are held until an Admin confirms. New people and edits go on."
        ),
    }
    typed = RULES | {"name": "Branch", "asks_approval": "on", "on_deleted": "remove", "threshold_people": "0"}
    response = client.post(url(connector, "rules/"), typed)
    assert (response.status_code, response["Location"]) == (302, url(connector))
    page = Page(client.get(url(connector)))
    assert page.messages == ["The rules of Branch were saved."]
    rules = facts_of(page, "rules")
    assert rules["People who arrive"] == "wait for approval, even while seats are available"
    assert rules["When somebody is deleted in the directory"] == "remove them here, which frees their seat"
    assert rules["Safety threshold"].startswith("When the directory would disable or remove more than 0 people and")
    event = AuditEvent.objects.get(company=connector.company, act=Act.CONNECTOR_CHANGED)
    assert (event.by_account, event.data["fields"]) == (
        admin,
        ["asks_approval", "name", "on_deleted", "threshold_people"],
    )


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"name": ""}, {"name": ["Fill this in."]}),
        ({"on_disabled": "x"}, {"on_disabled": ["Select a valid choice. x is not one of the available choices."]}),
        ({"threshold_people": "-1"}, {"threshold_people": ["Enter 0 or more."]}),
        ({"threshold_people": "x"}, {"threshold_people": ["Enter a whole number."]}),
        ({"threshold_percent": "101"}, {"threshold_percent": ["Enter 100 or less."]}),
        ({"threshold_percent": ""}, {"threshold_percent": ["Enter a number."]}),
    ],
)
def test_wrong_rules_are_answered_where_they_are(
    client: Client, connector: Connector, typed: dict[str, str], errors: dict[str, list[str]]
) -> None:
    with nothing_changes(connector.company):
        response = client.post(url(connector, "rules/"), RULES | typed)
    page = Page(response)
    assert response.status_code == 422
    assert {name: page.errors(name) for name in RULES if page.errors(name)} == errors
    assert page.alert.text == "Nothing was saved. Correct the marked fields."
    assert {name: page.value(name) for name in typed if page.input(name).name == "input"} == {
        name: value for name, value in typed.items() if page.input(name).name == "input"
    }


def test_a_name_that_another_connector_has_is_refused(client: Client, connector: Connector) -> None:
    make_connector(connector.company, name="Branch")
    with nothing_changes(connector.company):
        response = client.post(url(connector, "rules/"), RULES | {"name": "BRANCH"})
    assert (response.status_code, Page(response).alert.text) == (422, "A connector named “BRANCH” exists already.")


def test_r7_rules_that_let_people_in_say_how_many_came(client: Client, company: Company) -> None:
    connector = make_connector(company, name="Head office", asks_approval=True)
    add_arrivals(connector, 2)
    choose_auto_fill(company, on=True, by=None)
    client.post(url(connector, "rules/"), RULES)
    assert Page(client.get(url(connector))).messages == [
        "The rules of Head office were saved.",
        "2 users came in from the waiting line.",
    ]


def test_only_our_agent_tells_who_left_its_scope(client: Client, company: Company) -> None:
    """R20: others are not asked what to do then, and what they send for it is passed over."""
    entra, agent = make_connector(company), make_connector(company, kind=ConnectorKind.ACTIVE_DIRECTORY)
    for connector, left in ((entra, "disable"), (agent, "remove")):
        client.post(url(connector, "rules/"), RULES | {"name": f"C{connector.pk}", "on_left": "remove"})
        connector.refresh_from_db()
        assert connector.on_left == left


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_new_token_is_shown_once_and_the_former_one_works_on(
    client: Client, connector: Connector, headers: dict[str, str]
) -> None:
    form = Page(client.get(url(connector, "token/"), headers=headers))
    assert form.value("overlap") == "86400"
    response = client.post(url(connector, "token/"), {"seen": form.value("seen"), "overlap": "3600"}, headers=headers)
    page = Page(response)
    token = page.one("input", id="token")["value"]
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert connector_of(token) == connector
    assert "The former token works until" in page.one("dialog").text
    assert [tag.attributes.get("hx-swap-oob") for tag in page.all(id="token-card")] == (["true"] if headers else [])
    again = client.get(url(connector)).content.decode()
    assert token not in again
    assert "The former token works until" in again


def test_the_former_token_may_end_at_once(client: Client, connector: Connector) -> None:
    form = Page(client.get(url(connector, "token/")))
    response = client.post(url(connector, "token/"), {"seen": form.value("seen"), "overlap": "0"})
    assert "The former token works no more." in Page(response).one("dialog").text
    connector.refresh_from_db()
    assert connector.former_token_hash is None
    assert "former token" not in Page(client.get(url(connector))).one(id="token-card").text


def test_a_second_click_makes_no_second_token(client: Client, connector: Connector) -> None:
    """It would end the one that the directory uses, and show another than the first answer did."""
    typed = {"seen": Page(client.get(url(connector, "token/"))).value("seen"), "overlap": "86400"}
    client.post(url(connector, "token/"), typed)
    with nothing_changes(connector.company):
        response = client.post(url(connector, "token/"), typed)
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.text == (
        "A new token was made meanwhile, and it was shown that once. If you did not see it, make another one."
    )
    assert client.post(url(connector, "token/"), typed | {"seen": page.value("seen")}).status_code == 200


@pytest.mark.parametrize("overlap", ["", "1", "-3600", "x"])
def test_an_overlap_that_is_not_offered_is_refused(client: Client, connector: Connector, overlap: str) -> None:
    form = Page(client.get(url(connector, "token/")))
    with nothing_changes(connector.company):
        response = client.post(url(connector, "token/"), {"seen": form.value("seen"), "overlap": overlap})
    assert (response.status_code, len(Page(response).errors("overlap"))) == (422, 1)


def test_pausing_and_resuming_twice_is_once(client: Client, connector: Connector) -> None:
    for on, told in (("1", "Head office is paused."), ("0", "Head office goes on.")):
        for _ in range(2):
            response = client.post(url(connector, "pause/"), {"on": on})
            assert (response.status_code, response["Location"]) == (302, url(connector))
            assert Page(client.get(url(connector))).messages == [told]
    acts = AuditEvent.objects.filter(company=connector.company).order_by("pk").values_list("act", flat=True)
    assert list(acts)[-2:] == ["connector_paused", "connector_resumed"]


def test_removing_from_its_page_leads_to_the_card(client: Client, connector: Connector) -> None:
    """What it did stays to be read: test_removed_connector.py."""
    response = client.post(
        url(connector, "remove/"), headers=HTMX | {"HX-Current-URL": f"http://testserver{url(connector)}"}
    )
    assert response["HX-Redirect"] == f"/companies/{connector.company_id}/settings/"
    assert client.get(url(connector)).status_code == 200


def test_runs_are_listed_newest_first_with_what_they_came_to(client: Client, company: Company) -> None:
    connector = make_connector(company)
    [ann, bob] = brought(connector, "Ann", "Bob")
    first = Run.objects.get()
    second = make_run(connector)
    outcome(second, OutcomeKind.REFUSED, named="zoe", code="email_taken")
    outcome(second, OutcomeKind.DISABLED, entry=ann, code="disabled_in_directory")
    outcome(second, OutcomeKind.CHANGED, entry=bob)
    runs = Page(client.get(url(connector))).one(id="runs")
    assert [link["href"] for link in runs.all("a")] == [url(connector, f"runs/{run.pk}/") for run in (second, first)]
    assert runs.texts("td", class_="text col-counts") == ["Changed: 1, Disabled: 1, Refused: 1", "Added: 2"]


def test_a_run_tells_of_each_person_what_and_why(client: Client, connector: Connector) -> None:
    [ann] = brought(connector, "Ann")
    run = Run.objects.get()
    outcome(run, OutcomeKind.REFUSED, named="zoe", code="email_taken")
    outcome(run, OutcomeKind.DISABLED, entry=ann, code="disabled_in_directory")
    outcome(run, OutcomeKind.REFUSED, code="invalid_person")
    page = Page(client.get(url(connector, f"runs/{run.pk}/")))
    assert [row[:3] for row in page.rows] == [
        ["Ann Lee ann", "Added", ""],
        ["zoe", "Refused", "somebody else has this e-mail"],
        ["Ann Lee ann", "Disabled", "disabled in the directory"],
        ["an erased user", "Refused", "what the directory sent of this person cannot be stored"],
    ]
    assert page.one("nav", aria_label="Outcome").texts("a") == ["All", "Added (1)", "Disabled (1)", "Refused (2)"]
    narrowed = Page(client.get(url(connector, f"runs/{run.pk}/?kind=refused")))
    assert [row[0] for row in narrowed.rows] == ["zoe", "an erased user"]
    nonsense = Page(client.get(url(connector, f"runs/{run.pk}/?kind=x&page=x")))
    assert len(nonsense.rows) == 4


def test_a_long_run_has_pages(client: Client, connector: Connector) -> None:
    run = make_run(connector)
    for number in range(51):
        outcome(run, OutcomeKind.REFUSED, named=f"n{number}")
    assert len(Page(client.get(url(connector, f"runs/{run.pk}/"))).rows) == 50
    last = client.get(url(connector, f"runs/{run.pk}/?page=2"), headers={"HX-Request": "true"})
    assert [row[0] for row in Page(last).rows] == ["n50"]


def test_a_run_of_another_connector_is_a_404(client: Client, connector: Connector) -> None:
    run = make_run(make_connector(connector.company))
    assert client.get(url(connector, f"runs/{run.pk}/")).status_code == 404


def test_r22_what_is_held_is_listed_and_told_on_every_page_of_the_company(
    client: Client, connector: Connector, company: Company
) -> None:
    entries = brought(connector, "Ann", "Bob")
    held(entries[:1])
    held(entries[1:], Withdrawal.REMOVE)
    assert state(client, connector) == ("In trouble", "2 changes are held until an Admin decides.")
    for place in ("users/", "settings/", "activity/"):
        notice = Page(client.get(f"/companies/{company.pk}/{place}")).one(class_="hint hint-warning held-notice")
        assert notice.text == (
            "Head office would take away more people than its safety threshold allows: 2 changes are held. "
            "Confirm or reject them"
        )
        assert notice.one("a")["href"] == url(connector, "held/")
    page = Page(client.get(url(connector, "held/")))
    assert [row[1:3] for row in page.rows] == [
        ["Ann Lee Ann@customer.example", "Disable"],
        ["Bob Lee Bob@customer.example", "Remove"],
    ]
    assert page.one(id="held-table").texts("button") == [
        "Confirm chosen",
        "Reject chosen",
        "Confirm all (2)",
        "Reject all (2)",
    ]


def test_r22_the_chosen_are_confirmed_and_the_others_stay_held(
    client: Client, connector: Connector, admin: Account
) -> None:
    changes = held(brought(connector, "Ann", "Bob", "Cy"))
    response = client.post(url(connector, "held/"), {"act": "confirm", "held": [changes[0].pk, changes[2].pk]})
    assert (response.status_code, response["Location"]) == (302, url(connector, "held/"))
    page = Page(client.get(url(connector, "held/")))
    assert page.messages == ["2 changes were carried out."]
    assert [row[1].split()[0] for row in page.rows] == ["Bob"]
    assert statuses(connector.company)[1:] == ["disabled", "active", "disabled"]
    for change in changes:
        change.refresh_from_db()
    assert [(change.is_confirmed, change.decided_by) for change in changes] == [
        (True, admin),
        (False, None),
        (True, admin),
    ]


def test_r22_all_are_those_that_the_page_showed(client: Client, connector: Connector) -> None:
    """R22: what is held since then was seen by nobody, and stays held."""
    entries = brought(connector, "Ann", "Bob", "Cy")
    held(entries[:2])
    newest = Page(client.get(url(connector, "held/"))).value("until")
    held(entries[2:])
    client.post(url(connector, "held/"), {"act": "confirm", "until": newest})
    assert statuses(connector.company)[1:] == ["disabled", "disabled", "active"]
    assert HeldChange.objects.filter(decided_at__isnull=True).get().entry == entries[2]


def test_r22_a_rejected_one_is_shown_as_a_difference(client: Client, connector: Connector) -> None:
    """R22: until the directory has the person back."""
    entries = brought(connector, "Ann")
    [change] = held(entries)
    response = client.post(url(connector, "held/"), {"act": "reject", "held": [change.pk]})
    assert (response.status_code, response["Location"]) == (302, url(connector))
    assert statuses(connector.company)[1:] == ["active"]
    page = Page(client.get(url(connector, "held/")))
    assert page.messages == ["1 change was rejected: the person stays as before."]
    [row] = page.one("section", aria_labelledby="differences-title").all("li")
    name, who = row.texts("p")
    assert (name, who.split(",")[0]) == ("Ann Lee", "Rejected by Ada")
    Entry.objects.update(active=True)
    assert "Differences from the directory" not in Page(client.get(url(connector, "held/"))).text


@pytest.mark.parametrize(
    ("typed", "status", "alert"),
    [
        ({"act": "confirm"}, 422, "Choose at least one person first."),
        ({"act": "reject", "held": "x"}, 422, "Choose at least one person first."),
        ({"act": "destroy", "held": "1"}, 400, ""),
    ],
)
def test_nothing_is_decided_without_a_choice(
    client: Client, connector: Connector, typed: dict[str, str], status: int, alert: str
) -> None:
    held(brought(connector, "Ann"))
    with nothing_changes(connector.company):
        response = client.post(url(connector, "held/"), typed)
    assert response.status_code == status
    assert not alert or Page(response).alert.text == alert


def test_deciding_twice_is_deciding_once(client: Client, connector: Connector) -> None:
    [change, _other] = held(brought(connector, "Ann", "Bob"))
    typed = {"act": "confirm", "held": str(change.pk)}
    client.post(url(connector, "held/"), typed)
    before = statuses(connector.company)
    assert client.post(url(connector, "held/"), typed).status_code == 302
    assert statuses(connector.company) == before
    assert AuditEvent.objects.filter(act=Act.HELD_CONFIRMED).count() == 1


def test_what_another_connector_holds_is_not_decided_here(client: Client, connector: Connector) -> None:
    other = make_connector(connector.company)
    [change] = held(brought(other, "Ann"))
    for typed in ({"held": str(change.pk)}, {"until": str(change.pk)}):
        client.post(url(connector, "held/"), {"act": "confirm"} | typed)
    change.refresh_from_db()
    assert change.decided_at is None


def test_what_a_removed_connector_held_is_told_no_more(client: Client, connector: Connector, company: Company) -> None:
    """R2, R21: its people stay as they are."""
    held(brought(connector, "Ann"))
    remove_connector(connector, by=None)
    page = Page(client.get(f"/companies/{company.pk}/settings/"))
    assert page.all(class_="hint hint-warning held-notice") == []


def test_r24_a_technician_changes_connectors_and_decides_nothing(client: Client, connector: Connector) -> None:
    """R22, R24: held changes are an Admin's; the rest of the connector is the Technician's."""
    [change] = held(brought(connector, "Ann"))
    sign_in(client, make_colleague(Role.TECHNICIAN, connector.company))
    page = Page(client.get(url(connector)))
    assert page.one(class_="hint hint-warning held-notice").one("a").text == "See whom it is about"
    assert {"Change rules", "New token", "Pause Head office", "Remove Head office"} <= set(page.texts("button"))
    held_page = Page(client.get(url(connector, "held/")))
    assert [row[0] for row in held_page.rows] == ["Ann Lee Ann@customer.example"]
    assert held_page.one(id="held-table").all("button") == []
    with nothing_changes(connector.company):
        response = client.post(url(connector, "held/"), {"act": "confirm", "held": str(change.pk)})
    assert response.status_code == 403
    assert client.post(url(connector, "rules/"), RULES).status_code == 302


def test_r24_read_only_reads_how_it_fares_and_gets_no_button(client: Client, connector: Connector) -> None:
    sign_in(client, make_colleague(Role.READ_ONLY, connector.company))
    page = Page(client.get(url(connector)))
    assert page.one(id="panel").all("button") == []
    assert page.all(id="setup") == page.all(id="token-card") == []
    assert facts_of(page, "health")["People managed"] == "0"


def test_r25_support_views_it_as_the_partner_does(client: Client, connector: Connector) -> None:
    held(brought(connector, "Ann"))
    view_as(client, connector.company.partner)
    for place in ("", "held/", f"runs/{Run.objects.get().pk}/"):
        response = client.get(url(connector, place))
        assert response.status_code == 200
        assert Page(response).one(id="panel").all("button") == []


def test_r23_a_connector_below_another_company_is_a_404(client: Client, connector: Connector) -> None:
    own = make_company(connector.company.partner, tier=Tier.ADVANCED)
    for place in ("", "held/", "rules/", "token/", "pause/"):
        crossed = url(connector, place).replace(str(connector.company_id), str(own.pk), 1)
        assert client.get(crossed).status_code == 404


@pytest.mark.parametrize("more", [0, 3])
def test_the_page_asks_the_same_however_much_there_is(
    client: Client, connector: Connector, django_assert_num_queries: DjangoAssertNumQueries, more: int
) -> None:
    entries = brought(connector, *"ABCDE"[: 1 + more])
    outcome(Run.objects.get(), OutcomeKind.REFUSED, named="zoe")
    for _ in range(more):
        outcome(make_run(connector), OutcomeKind.REFUSED, entry=entries[0])
    with django_assert_num_queries(14):
        client.get(url(connector))
