"""Support staff change companies through the rules, with a reason, in their own name (R25)."""

from typing import Any

import pytest
from django.contrib.admin import site
from django.template.response import TemplateResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.translation import gettext_lazy

from companies.admin import CompanyAdmin
from companies.admin_forms import CompanyForm
from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.lifecycle import close_company
from companies.models import Company
from companies.policies.catalogue import PolicyKey
from licensing.enums import Tier
from licensing.ledger import entries_of
from licensing.pools import change_license
from portal.admin_actions import run_rule
from tests.factories import (
    add_people,
    make_account,
    make_company,
    make_connector,
    make_partner,
    switch_policy_on,
)
from tests.facts import nothing_changes
from tests.page import Page
from users.accounts.models import Account
from users.enums import Door, UserStatus
from users.models import StatusChange, User

pytestmark = pytest.mark.django_db

PERSON = {"first_name": "Ann", "last_name": "Lee", "email": "ann@customer.example"}


def run(client: Client, company: Company, rule: str, **posted: Any) -> Any:
    """Choose the action on the change form, then fill in the page that it leads to."""
    change = reverse("admin:companies_company_change", args=[company.pk])
    chosen = client.post(change, {"CHANGE_FORM-action": rule, "_selected_action": company.pk, "index": "0"})
    assert chosen.status_code == 302
    page = client.get(chosen["Location"])
    assert page.status_code == 200
    hidden = {tag["name"]: tag["value"] for tag in Page(page).one(id="content-main").all("input", type="hidden")}
    return client.post(chosen["Location"], {"reason": "Ticket 7"} | hidden | posted)


def _rule_page(company: Company) -> str:
    return reverse("admin:companies_company_rule", args=["ChangeLicense"]) + f"?ids={company.pk}"


def refused(response: Any, text: str) -> None:
    assert response.status_code == 422
    assert response.text.count('role="alert"') == 1
    assert text in response.text


def last_event(company: Company) -> tuple[str, Account | None, str]:
    event = AuditEvent.objects.filter(company=company).latest("id")
    return event.act, event.by_account, event.reason


def test_change_seats_and_tier(client: Client, support: Account) -> None:
    """R10, R16"""
    company = make_company(seats=10)
    response = run(client, company, "ChangeLicense", seats="12", tier="advanced")
    assert response["Location"] == reverse("admin:companies_company_change", args=[company.pk])

    company.refresh_from_db()
    assert (company.seats, company.tier) == (12, Tier.ADVANCED)
    entry = entries_of(company)[0]
    assert (entry.number, entry.by_account, entry.reason) == (2, support, "Ticket 7")
    assert last_event(company) == (Act.LICENSE_CHANGED, support, "Ticket 7")
    assert f"{company.name} has 12 seats on Advanced now." in client.get(response["Location"]).text


def test_the_same_numbers_again_write_nothing(client: Client, support: Account) -> None:
    company = make_company(seats=10)
    with nothing_changes(company):
        assert run(client, company, "ChangeLicense", seats="10", tier="standard").status_code == 302


def test_the_form_shows_what_somebody_saved_meanwhile(client: Client, support: Account) -> None:
    """R10, R16: the second save is shown the first; saved again, it is a knowing act."""
    company = make_company(seats=10)
    page = _rule_page(company)
    form = Page(client.get(page))
    assert [form.value(name) for name in ("seats", "tier", "seen")] == ["10", "standard", "1"]
    typed = {"seats": "8", "tier": "standard", "reason": "Ticket 7"}
    change_license(company, seats=20, tier=Tier.ADVANCED, seen=1, by=make_account(company.partner, name="Ann Lee"))

    with nothing_changes(company):
        answer = Page(client.post(page, typed | {"seen": form.value("seen")}))
    told = answer.alert.texts("p")
    assert told[0].startswith("Somebody changed this license meanwhile: it is now 20 seats on Advanced.")
    assert [text.split(" (")[1].split(",")[0] for text in told[1:]] == ["Ann Lee"]
    assert [answer.value(name) for name in ("seats", "tier", "seen", "reason")] == ["8", "standard", "2", "Ticket 7"]
    assert client.post(page, typed | {"seen": answer.value("seen")}).status_code == 302
    company.refresh_from_db()
    assert (company.seats, company.tier) == (8, Tier.STANDARD)


def test_one_seat_is_one_seat(client: Client, support: Account) -> None:
    company = make_company(seats=2)
    response = run(client, company, "ChangeLicense", seats="1", tier="standard", seen="1")
    assert f"{company.name} has 1 seat on Standard now." in client.get(response["Location"]).text
    assert "1 of 1 seat used · Standard · 0 users pending approval" in client.get(_rule_page(company)).text


@pytest.mark.parametrize(
    ("seats", "text"),
    [
        ("3", "3 seats are too few: 4 are used."),
        ("0", "Enter a whole number of seats from 1 to 1000000."),
        ("-5", "Enter a whole number of seats from 1 to 1000000."),
        ("1000000000000", "Enter a whole number of seats from 1 to 1000000."),
        ("", "This field is required."),
        ("many", "Enter a whole number."),
        ("1.5", "Enter a whole number."),
        ("9" * 5_000, "Enter a whole number."),
    ],
)
def test_seats_that_cannot_be_are_refused(client: Client, support: Account, seats: str, text: str) -> None:
    """R1, R11: what was typed is still there, nothing changed."""
    company = make_company(seats=10, used=4)
    with nothing_changes(company):
        response = run(client, company, "ChangeLicense", seats=seats, tier="advanced")
    refused(response, text)
    assert f'value="{seats}"' in response.text or not seats
    assert '<option value="advanced" selected>' in response.text


def test_a_blocked_downgrade_lists_the_blockers(client: Client, support: Account) -> None:
    """R13"""
    company = make_company(tier=Tier.ADVANCED)
    switch_policy_on(company, PolicyKey.PASSWORD_AUDITING)
    make_connector(company)
    with nothing_changes(company):
        response = run(client, company, "ChangeLicense", seats="10", tier="standard")
    refused(response, "1 Advanced policy is on")
    assert "1 connector exists" in response.text


@pytest.mark.parametrize(
    ("rule", "posted"),
    [
        ("ChangeLicense", {"seats": "12", "tier": "advanced"}),
        ("RenameCompany", {"name": "New"}),
        ("CloseCompany", {"typed_name": "Fabrikam"}),
        ("AddUsers", {"people": "Ann;Lee;ann@customer.example"}),
    ],
)
@pytest.mark.parametrize("reason", ["", "   "])
def test_a_reason_is_required(client: Client, support: Account, rule: str, posted: dict[str, str], reason: str) -> None:
    company = make_company(name="Fabrikam")
    with nothing_changes(company):
        refused(run(client, company, rule, **posted, reason=reason), "This field is required.")


def test_rename(client: Client, support: Account) -> None:
    company = make_company(name="Old")
    assert run(client, company, "RenameCompany", name="  New   name ").status_code == 302
    company.refresh_from_db()
    assert company.name == "New name"
    assert last_event(company) == (Act.COMPANY_RENAMED, support, "Ticket 7")


def test_a_name_that_another_company_has_is_refused(client: Client, support: Account) -> None:
    company = make_company(name="Fabrikam")
    make_company(company.partner, name="Contoso")
    with nothing_changes(company):
        refused(run(client, company, "RenameCompany", name="CONTOSO"), "A company named “CONTOSO” exists already.")


def test_close_and_open_again(client: Client, support: Account) -> None:
    """R19"""
    company = make_company(name="Fabrikam")
    assert run(client, company, "CloseCompany", typed_name="Fabrikam").status_code == 302
    company.refresh_from_db()
    assert (company.is_open, company.seats) == (False, 0)
    assert last_event(company) == (Act.COMPANY_CLOSED, support, "Ticket 7")

    assert run(client, company, "ReopenCompany", seats="5", tier="standard", **PERSON).status_code == 302
    company.refresh_from_db()
    assert (company.is_open, company.seats, company.primary_user.full_name) == (True, 5, "Ann Lee")
    assert last_event(company) == (Act.COMPANY_REOPENED, support, "Ticket 7")
    change = StatusChange.objects.filter(company=company).latest("id")
    assert (change.door, change.by_account) == (Door.SUPPORT, support)


def test_closing_is_refused_while_people_are_left_or_the_name_is_wrong(client: Client, support: Account) -> None:
    """R19"""
    company = make_company(name="Fabrikam", used=3)
    with nothing_changes(company):
        refused(run(client, company, "CloseCompany", typed_name="Fabrikam"), "2 users are left beside the primary user")
    empty = make_company(name="Contoso")
    with nothing_changes(empty):
        refused(run(client, empty, "CloseCompany", typed_name="Fabrikam"), "What you typed is not the company")


def test_a_company_that_is_open_is_not_opened_again(client: Client, support: Account) -> None:
    company = make_company()
    with nothing_changes(company):
        refused(
            run(client, company, "ReopenCompany", seats="5", tier="standard", **PERSON), "This company is open already."
        )


def test_nothing_is_changed_in_a_closed_company(client: Client, support: Account) -> None:
    company = make_company(name="Gone")
    close_company(company, typed_name="Gone", by=None)
    company.refresh_from_db()
    with nothing_changes(company):
        refused(run(client, company, "ChangeLicense", seats="5", tier="standard"), "This company was closed meanwhile.")
        refused(run(client, company, "RenameCompany", name="Back"), "This company was closed meanwhile.")
        refused(run(client, company, "AddUsers", people="Ann;Lee;a@b.example"), "This company was closed meanwhile.")


def test_open_a_company(client: Client, support: Account) -> None:
    """R1"""
    partner = make_partner()
    page = reverse("admin:companies_company_add")
    assert client.get(page).status_code == 200
    posted = {"partner": partner.pk, "name": "Fabrikam", "seats": "5", "tier": "advanced", "reason": "Ticket 7"}
    response = client.post(page, posted | PERSON)

    company = Company.objects.get(partner=partner)
    assert response["Location"] == reverse("admin:companies_company_change", args=[company.pk])
    assert (company.name, company.seats, company.tier, company.seats_used) == ("Fabrikam", 5, Tier.ADVANCED, 1)
    assert (entries_of(company)[0].by_account, entries_of(company)[0].reason) == (support, "Ticket 7")
    assert StatusChange.objects.get(company=company).door == Door.SUPPORT


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"seats": "0"}, "Enter a whole number of seats from 1 to 1000000."),
        ({"name": "taken"}, "A company named “taken” exists already."),
        ({"name": " "}, "This field is required."),
        ({"name": "x" * 151}, "at most 150 characters"),
        ({"email": "nobody"}, "This is not an e-mail address."),
        ({"first_name": ""}, "This field is required."),
        ({"partner": "0"}, "Select a valid choice."),
        ({"tier": "gold"}, "Select a valid choice."),
        ({"reason": "x" * 501}, "at most 500 characters"),
        ({"reason": "a\u202eb"}, "Take out the control characters."),
        ({"reason": "\u200b"}, "Fill this in."),
    ],
)
def test_a_company_that_cannot_be_opened_is_not(
    client: Client, support: Account, wrong: dict[str, str], text: str
) -> None:
    partner = make_partner()
    make_company(partner, name="Taken")
    posted = {"partner": partner.pk, "name": "Fabrikam", "seats": "5", "tier": "advanced", "reason": "Ticket 7"}
    with nothing_changes(partner):
        refused(client.post(reverse("admin:companies_company_add"), posted | PERSON | wrong), text)


def test_transfer_the_primary_users_role(client: Client, support: Account) -> None:
    """R18"""
    company = make_company()
    [heir] = add_people(company, 1)
    assert run(client, company, "TransferPrimary", email=heir.email.upper()).status_code == 302
    company.refresh_from_db()
    assert company.primary_user == heir
    assert last_event(company) == (Act.PRIMARY_TRANSFERRED, support, "Ticket 7")


def test_the_role_goes_to_active_users_of_the_company_only(client: Client, support: Account) -> None:
    """R18"""
    company = make_company(seats=1, tier=Tier.ADVANCED, pending=1)
    waiting = User.objects.get(company=company, status=UserStatus.PENDING)
    stranger = make_company().primary_user
    with nothing_changes(company):
        refused(run(client, company, "TransferPrimary", email=waiting.email), "Only an Active user can become")
        refused(run(client, company, "TransferPrimary", email=stranger.email), "No user of this company has this")


def test_add_users(client: Client, support: Account) -> None:
    """R5"""
    company = make_company(seats=3)
    response = run(client, company, "AddUsers", people="Ann;Lee;ann@a.example\n\n Bob ; Ray ; bob@a.example \n")
    assert response.status_code == 302
    users = User.objects.filter(company=company).order_by("pk")[1:]
    assert [(user.full_name, user.email, user.status) for user in users] == [
        ("Ann Lee", "ann@a.example", UserStatus.ACTIVE),
        ("Bob Ray", "bob@a.example", UserStatus.ACTIVE),
    ]
    assert set(StatusChange.objects.filter(user__in=users).values_list("door", "by_account", "reason")) == {
        (Door.SUPPORT, support.pk, "Ticket 7")
    }


@pytest.mark.parametrize(
    ("people", "text"),
    [
        ("Ann;Lee;ann@a.example\nBob;Ray;bob@a.example\nCy;Orr;cy@a.example", "3 seats are needed, 2 are available"),
        ("Ann;Lee;ann@a.example\nAnn;Lee;ANN@a.example", "ann@a.example"),
        ("Ann;Lee;ann@a.example\nBob;Ray", "Line 2: Write the first name, the last name and the e-mail"),
        ("Ann;;ann@a.example", "Line 1: Fill this in."),
        ("Ann;Lee;nobody", "Line 1: This is not an e-mail address."),
        ("", "This field is required."),
    ],
)
def test_people_who_cannot_be_added_are_not(client: Client, support: Account, people: str, text: str) -> None:
    """R5: all or nothing, and what was typed is still there."""
    company = make_company(seats=3)
    with nothing_changes(company):
        response = run(client, company, "AddUsers", people=people)
    refused(response, text)
    assert people in response.text


class SeatsToZero(CompanyForm):
    """What a mistake in a rule might do."""

    title = gettext_lazy("Break it")
    seats = 0

    def run(self, *, by: Account, reason: str) -> str:
        Company.objects.filter(pk=self.company.pk).update(seats=self.seats)
        return "Broken."


class SeatsWithoutLedger(SeatsToZero):
    seats = 11


@pytest.mark.parametrize("form", [SeatsToZero, SeatsWithoutLedger])
def test_what_the_database_refuses_is_said_too(
    client: Client, support: Account, rf: RequestFactory, form: type[CompanyForm]
) -> None:
    """R3, R16: the database has the last word, also about what it compares at commit only."""
    company = make_company(seats=10)
    request = rf.post("/", {"reason": "Ticket 7"})
    request.user = support
    request.session = client.session
    request.account = support  # type: ignore[attr-defined]
    with nothing_changes(company):
        response = run_rule(CompanyAdmin(Company, site), request, form, subjects=[company], back=lambda form: "/")
    assert isinstance(response, TemplateResponse)
    assert response.status_code == 422
    assert "The database refused this: it would break a rule. Nothing was changed." in response.render().text


def test_what_support_does_shows_on_the_activity_tab(client: Client, support: Account) -> None:
    """R25"""
    company = make_company()
    run(client, company, "ChangeLicense", seats="12", tier="standard")
    client.force_login(make_account(company.partner))
    page = client.get(f"/companies/{company.pk}/activity/").text
    assert "Seats changed from 10 to 12" in page
    assert "Support: Support" in page
    assert "Ticket 7" in page


@pytest.mark.parametrize("ids", ["", "0", "x", "99999999999999999999999", "9223372036854775806", "-1"])
def test_rule_pages_of_companies_that_do_not_exist_are_404(client: Client, support: Account, ids: str) -> None:
    page = reverse("admin:companies_company_rule", args=["ChangeLicense"])
    assert client.get(page, {"ids": ids}).status_code == 404
    assert client.get(reverse("admin:companies_company_rule", args=["Unknown"]), {"ids": "1"}).status_code == 404
