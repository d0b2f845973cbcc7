"""Dangerous acts ask again who is there, and lead back to where one was."""

import datetime as dt
import time

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from companies.models import Company
from licensing.enums import Tier
from tests.factories import PASSWORD, make_account, make_company, make_invitation, sign_in
from tests.facts import nothing_changes
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account
from users.accounts.reauthentication import FORM_STAYS_OPEN_SECONDS

pytestmark = pytest.mark.django_db

AGAIN = "/accounts/reauthenticate/"
LIMIT = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
UNSENT = "Nothing was saved: this was open for too long. Show that it is you, then do it again."


@pytest.fixture
def admin() -> Account:
    return make_account()


@pytest.fixture
def company(admin: Account) -> Company:
    return make_company(admin.partner, tier=Tier.ADVANCED, name="Fabrikam")


def after(seconds: float) -> time_machine.travel:
    return time_machine.travel(dt.datetime.fromtimestamp(time.time() + seconds, dt.UTC), tick=False)


def dangerous(admin: Account, company: Company) -> list[str]:
    """The addresses of all of them."""
    assert admin.partner is not None
    colleague = make_account(admin.partner)
    invitation, _ = make_invitation(admin.partner, by=admin)
    return [
        f"/companies/{company.pk}/settings/close/",
        f"/companies/{company.pk}/settings/connectors/add/",
        "/colleagues/invite/",
        f"/colleagues/{colleague.pk}/edit/",
        f"/colleagues/{colleague.pk}/withdraw/",
        f"/colleagues/invitations/{invitation.pk}/again/",
        f"/colleagues/invitations/{invitation.pk}/withdraw/",
    ]


def test_whoever_signed_in_long_ago_shows_again_who_it_is(client: Client, admin: Account, company: Company) -> None:
    sign_in(client, admin)
    addresses = dangerous(admin, company)
    with after(LIMIT - 5):
        assert [client.get(address).status_code for address in addresses] == [200] * 7
    with after(LIMIT + 5):
        for address in addresses:
            response = client.get(address)
            assert response.status_code == 302
            assert response["Location"] == f"{AGAIN}?next={address.replace('/', '%2F')}"


def test_a_session_that_does_not_know_when_counts_as_long_ago(client: Client, admin: Account, company: Company) -> None:
    client.force_login(admin)
    for address in dangerous(admin, company):
        assert client.get(address)["Location"].startswith(AGAIN)


def test_the_password_opens_the_way_back(client: Client, admin: Account, company: Company) -> None:
    client.force_login(admin)
    address = f"/companies/{company.pk}/settings/close/"
    asked = client.get(address, follow=True)
    assert asked.status_code == 200
    assert client.post(AGAIN, {"password": "wrong", "next": address}).status_code == 422
    assert client.get(address)["Location"].startswith(AGAIN)
    response = client.post(AGAIN, {"password": PASSWORD, "next": address}, follow=True)
    assert response.redirect_chain == [(address, 302)]
    assert Page(response).one("dialog").one("h2").text == "Close Fabrikam"


def test_a_form_that_was_opened_in_time_can_be_sent(client: Client, admin: Account, company: Company) -> None:
    sign_in(client, admin)
    fields = {"email": "new@partner.example", "name": "Ivy", "role": "billing"}
    with after(LIMIT + FORM_STAYS_OPEN_SECONDS - 5):
        assert client.post("/colleagues/invite/", fields)["Location"] == "/colleagues/"


def test_one_that_is_sent_too_late_changes_nothing_and_says_so(
    client: Client, admin: Account, company: Company
) -> None:
    """It is not sent again by itself either, once the password is typed."""
    sign_in(client, admin)
    address = f"/companies/{company.pk}/settings/close/"
    with after(LIMIT + FORM_STAYS_OPEN_SECONDS + 5), nothing_changes(company):
        response = client.post(
            address, {"typed_name": "Fabrikam"}, headers={"referer": f"http://testserver{address}"}, follow=True
        )
        assert response.redirect_chain == [(f"{AGAIN}?next={address.replace('/', '%2F')}", 302)]
        assert Page(response).messages == [UNSENT]
        response = client.post(AGAIN, {"password": PASSWORD, "next": address}, follow=True)
        assert Page(response).one("dialog").one("h2").text == "Close Fabrikam"
    company.refresh_from_db()
    assert company.is_open


def test_under_htmx_one_comes_back_to_the_page_and_not_to_its_part(
    client: Client, admin: Account, company: Company
) -> None:
    client.force_login(admin)
    page = f"/companies/{company.pk}/settings/"
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
    for method in (client.get, client.post):
        response = method(f"{page}close/", headers=headers)
        assert response.status_code == 200
        assert response["HX-Redirect"] == f"{AGAIN}?next={page.replace('/', '%2F')}"


def test_too_small_a_role_is_said_first(client: Client, admin: Account) -> None:
    client.force_login(make_account(admin.partner, role=Role.BILLING))
    assert client.get("/colleagues/invite/").status_code == 403


def test_what_another_account_showed_in_this_session_does_not_count(
    client: Client, admin: Account, company: Company
) -> None:
    sign_in(client, admin)
    session = client.session
    records = {key: value for key, value in session.items() if key.startswith("account_authentication")}
    client.force_login(make_account(admin.partner))
    session = client.session
    session.update(records)
    session.save()
    assert client.get("/colleagues/invite/")["Location"].startswith(AGAIN)
