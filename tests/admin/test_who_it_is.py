"""Support's site asks for a second factor, and before anything is changed again who it is (R25)."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from companies.models import Company
from companies.partners.models import Partner
from tests.factories import make_company, make_support, sign_in
from tests.facts import nothing_changes
from tests.tenancy.test_admin_addresses import PATHS
from users.accounts.groups import READER
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

AGAIN = "/accounts/reauthenticate/?next="
READING = ["/admin/", "/admin/companies/company/", "/admin/partners/partner/", "/admin/accounts/account/"]


@pytest.fixture
def company() -> Company:
    return make_company(seats=10)


@pytest.fixture
def later(settings: Settings) -> Iterator[Any]:
    """A minute after what counts as just now."""
    seconds = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT + 60
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=seconds), tick=True) as traveller:
        yield traveller


def license_page(company: Company) -> str:
    return reverse("admin:companies_company_rule", args=["ChangeLicense"]) + f"?ids={company.pk}"


def rule_pages(company: Company) -> list[str]:
    return [
        license_page(company),
        "/admin/companies/company/add/",
        "/admin/partners/partner/add/",
        "/admin/accounts/account/add/",
        f"/admin/partners/partner/{company.partner_id}/visit/",
        reverse("admin:partners_partner_rule", args=["ChangeAccess"]) + f"?ids={company.partner_id}",
        reverse("admin:users_user_rule", args=["EraseUser"]) + f"?ids={company.primary_user_id}",
    ]


def test_whoever_signed_in_just_now_is_not_asked(client: Client, support: Account, company: Company) -> None:
    for page in rule_pages(company):
        assert client.get(page).status_code == 200, page


def test_later_a_page_of_a_rule_asks_before_anything_is_typed(
    client: Client, support: Account, company: Company, later: Any
) -> None:
    """And leads back to it; reading goes on as before."""
    for page in READING:
        assert client.get(page).status_code == 200
    for page in rule_pages(company):
        response = client.get(page)
        assert (response.status_code, response["Location"].startswith(AGAIN)) == (302, True), page
    asked = client.get(license_page(company))["Location"]
    assert client.get(asked).status_code == 200
    back = client.post(asked, {"password": "correct-horse-battery"})
    assert back["Location"] == license_page(company)
    assert client.get(license_page(company)).status_code == 200


def test_choosing_a_rule_changes_nothing_and_leads_by_way_of_the_question_to_its_page(
    client: Client, support: Account, company: Company, later: Any
) -> None:
    change = reverse("admin:companies_company_change", args=[company.pk])
    chosen = client.post(change, {"CHANGE_FORM-action": "ChangeLicense", "_selected_action": company.pk, "index": "0"})
    assert chosen["Location"] == license_page(company)
    assert client.get(chosen["Location"])["Location"].startswith(AGAIN)


def test_what_was_begun_in_time_can_be_finished(client: Client, support: Account, company: Company, later: Any) -> None:
    """Nobody types a reason and loses it; far too late, nothing is changed and that is said."""
    posted = {"seats": "12", "tier": "standard", "seen": "1", "reason": "Ticket 7"}
    assert client.post(license_page(company), posted)["Location"].startswith("/admin/companies/")
    company.refresh_from_db()
    assert company.seats == 12

    later.shift(dt.timedelta(minutes=20))
    with nothing_changes(company):
        response = client.post(license_page(company), posted | {"seats": "14"}, follow=True)
    assert response.redirect_chain[0][0].startswith(AGAIN)
    assert "Nothing was saved: this was open for too long." in response.text


def test_who_may_not_run_the_rule_is_not_asked_but_refused(client: Client, company: Company, later: Any) -> None:
    reader = Account.objects.create_user("r@vendor.example", "x" * 20, name="R", is_staff=True, role="")
    reader.groups.set([Group.objects.get(name=READER)])
    with time_machine.travel(timezone.now() - dt.timedelta(hours=1)):
        sign_in(client, reader)
    assert client.get(license_page(company)).status_code == 403


def test_signing_out_asks_nobody(client: Client, support: Account, later: Any) -> None:
    later.shift(dt.timedelta(hours=1))
    assert client.post("/admin/logout/").status_code in {200, 302}
    assert client.get("/admin/").status_code == 302


def test_nothing_else_is_changed_there_without_the_question(client: Client, support: Account, later: Any) -> None:
    """Also pages of Django's own that this portal does not use."""
    later.shift(dt.timedelta(hours=1))
    assert client.post("/admin/password_change/", {"old_password": "x"})["Location"].startswith(AGAIN)


@pytest.mark.parametrize("path", PATHS)
def test_without_a_second_factor_support_staff_get_nowhere(client: Client, settings: Settings, path: str) -> None:
    """Where everybody needs one: not a page, not a rule, whoever it is; but led to where one is made."""
    settings.REQUIRE_MFA = True
    sign_in(client, make_support())
    for method in ("get", "post"):
        response = getattr(client, method)(path)
        assert (response.status_code, response["Location"]) == (302, reverse("second_factor_setup")), method
    assert client.get(reverse("second_factor_setup")).status_code == 200


def test_with_a_second_factor_they_do(client: Client, settings: Settings, company: Company) -> None:
    settings.REQUIRE_MFA = True
    account = make_support()
    Authenticator.objects.create(user=account, type=Authenticator.Type.TOTP, data={})
    sign_in(client, account)
    assert client.get("/admin/").status_code == 200
    assert client.get(license_page(company)).status_code == 200


def test_codes_for_whoever_lost_the_factor_are_none(client: Client, settings: Settings) -> None:
    settings.REQUIRE_MFA = True
    account = make_support()
    Authenticator.objects.create(user=account, type=Authenticator.Type.RECOVERY_CODES, data={})
    sign_in(client, account)
    assert client.get("/admin/")["Location"] == reverse("second_factor_setup")


def test_no_partner_is_touched_without_one(client: Client, settings: Settings, company: Company) -> None:
    settings.REQUIRE_MFA = True
    sign_in(client, make_support())
    with nothing_changes(company):
        client.post(license_page(company), {"seats": "12", "tier": "standard", "seen": "1", "reason": "x"})
    assert Partner.objects.count() == 1
