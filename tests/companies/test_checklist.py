"""The set-up checklist of a new company: what it ticks is read from the company; who sees what of it (R24)."""

from typing import Any

import pytest
from django.test import Client

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.models import Company
from licensing.enums import Tier
from tests.factories import (
    add_people,
    make_account,
    make_colleague,
    make_company,
    make_connector,
    make_partner,
    make_support,
    sign_in,
    switch_policy_on,
    view_as,
)
from tests.facts import nothing_changes
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.models import Connector

pytestmark = pytest.mark.django_db

OPENED = "The company was opened."
SEATS = "It has seats for more people."
POLICIES = "Its policies were reviewed."
PEOPLE = "People were added, or a directory is connected."
SYNC = "Its directory sent people for the first time."


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(make_partner())
    sign_in(client, account)
    return account


def settings(company: Company, path: str = "") -> str:
    return f"/companies/{company.pk}/settings/{path}"


def steps(client: Client, company: Company) -> dict[str, bool]:
    """Each step and whether it is ticked, as it is read."""
    page = Page(client.get(settings(company)))
    lines = [line.text for line in page.one(id="checklist").all("p") if line.text.endswith(("Done", "Not yet"))]
    return {line.removesuffix(" Done").removesuffix(" Not yet"): line.endswith("Done") for line in lines}


def ways(client: Client, company: Company) -> list[tuple[str, str]]:
    page = Page(client.get(settings(company)))
    return [(link.text, link["href"]) for link in page.one(id="checklist").all("a")]


def test_a_new_company_has_everything_before_it(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, tier=Tier.ADVANCED)
    assert steps(client, company) == {OPENED: True, SEATS: False, POLICIES: False, PEOPLE: False, SYNC: False}
    assert ways(client, company) == [
        ("Choose the seats", settings(company, "license/")),
        ("Look at the policies", settings(company, "#policies")),
        ("Add people by hand or from a file", f"/companies/{company.pk}/users/add/"),
        ("Connect a directory", settings(company, "connectors/add/")),
    ]
    assert "1 of 5 steps done" in Page(client.get(settings(company))).one(id="checklist").text


def test_on_standard_there_is_no_directory_to_connect(client: Client, admin: Account) -> None:
    """R14."""
    company = make_company(admin.partner)
    assert [text for text, _url in ways(client, company)] == [
        "Look at the policies",
        "Add people by hand or from a file",
    ]


def test_each_step_follows_what_is_so(client: Client, admin: Account) -> None:
    """With no tick of its own: what is taken back is open again."""
    company = make_company(admin.partner, seats=5, tier=Tier.ADVANCED)
    connector = make_connector(company, name="Okta")
    assert steps(client, company) == {OPENED: True, SEATS: True, POLICIES: False, PEOPLE: True, SYNC: False}
    assert ways(client, company)[-1] == ("Okta", settings(company, f"connectors/{connector.pk}/"))
    policy = switch_policy_on(company)
    assert steps(client, company)[POLICIES] is True
    type(policy).objects.update(is_on=False)
    assert steps(client, company)[POLICIES] is False


def test_with_people_by_hand_no_sync_is_waited_for(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=5, used=2)
    assert steps(client, company) == {OPENED: True, SEATS: True, POLICIES: False, PEOPLE: True}


def test_what_is_complete_is_shown_no_more(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=5, tier=Tier.ADVANCED)
    make_connector(company)
    switch_policy_on(company)
    assert steps(client, company)[SYNC] is False
    Connector.objects.update(last_contact_at="2026-11-24T12:00Z")
    assert steps(client, company) == {}
    assert Page(client.get(settings(company))).one(id="checklist").text == ""


def test_that_policies_were_reviewed_is_said_once(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    for _ in range(2):
        response = client.post(settings(company, "policies/reviewed/"))
        assert response["Location"] == settings(company, "#checklist")
    assert steps(client, company)[POLICIES] is True
    events = AuditEvent.objects.filter(company=company, act=Act.POLICIES_REVIEWED)
    assert [(event.by_account, event.kind, event.data) for event in events] == [(admin, "policies", {})]


def test_an_admin_puts_it_away_for_everybody_and_fetches_it_again(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    others = Client()
    sign_in(others, make_colleague(Role.TECHNICIAN, company))
    for on, shown in (("0", {}), ("0", {}), ("1", {OPENED: True, POLICIES: False, PEOPLE: False})):
        response = client.post(settings(company, "checklist/"), {"on": on})
        assert response["Location"] == settings(company, "#checklist")
        assert {text: steps(others, company)[text] for text in shown} == shown
        assert bool(steps(client, company)) is bool(shown)
        assert ("Show again Set-up checklist" in Page(client.get(settings(company))).texts("button")) is not bool(shown)
        assert "Show again Set-up checklist" not in Page(others.get(settings(company))).texts("button")
    acts = AuditEvent.objects.filter(company=company, kind="company").order_by("pk").values_list("act", "by_account")
    assert list(acts)[1:] == [(Act.CHECKLIST_AWAY, admin.pk), (Act.CHECKLIST_BACK, admin.pk)]


def test_r24_a_technician_sees_what_technicians_do(client: Client) -> None:
    """No seats, and nothing to put it away with."""
    company = make_company(seats=1, tier=Tier.ADVANCED)
    sign_in(client, make_colleague(Role.TECHNICIAN, company))
    assert steps(client, company) == {OPENED: True, POLICIES: False, PEOPLE: False, SYNC: False}
    checklist = Page(client.get(settings(company))).one(id="checklist")
    assert checklist.texts("button") == ["Mark as reviewed"]
    assert client.post(settings(company, "policies/reviewed/")).status_code == 302
    with nothing_changes(company):
        assert client.post(settings(company, "checklist/"), {"on": "0"}).status_code == 403


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.BILLING])
def test_r24_who_changes_nothing_sees_none(client: Client, role: Role) -> None:
    company = make_company(seats=1)
    sign_in(client, make_colleague(role, company))
    assert Page(client.get(settings(company))).one(id="checklist").text == ""
    with nothing_changes(company):
        for path in ("checklist/", "policies/reviewed/"):
            assert client.post(settings(company, path)).status_code == 403


def test_r25_support_that_views_sees_none(client: Client) -> None:
    company = make_company(seats=1)
    view_as(client, company.partner, make_support())
    assert Page(client.get(settings(company))).one(id="checklist").text == ""


def test_under_htmx_a_step_is_ticked_as_soon_as_it_is_done(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, used=2)
    headers: Any = {"HX-Request": "true", "HX-Target": "policies"}
    response = client.post(settings(company, "policies/two_factor/on/"), headers=headers)
    checklist = Page(response).one(id="checklist")
    assert (checklist["hx-swap-oob"], checklist.text) == ("true", "")


def test_the_users_tab_of_a_new_company_leads_to_it(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    path = f"/companies/{company.pk}/users/"
    link = next(link for link in Page(client.get(path)).all("a") if link.text == "What is left to set up")
    assert link["href"] == settings(company, "#checklist")
    add_people(company, 1)
    assert "What is left to set up" not in Page(client.get(path)).texts("a")
