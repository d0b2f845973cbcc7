"""A form that is sent twice does nothing twice (users/accounts/once.py)."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from companies.models import Company
from licensing.enums import Tier
from licensing.pools import change_license
from portal.tasks import forget_sent_forms
from tests.factories import add_arrivals, make_account, make_company, make_connector, make_partner, sign_in
from tests.facts import nothing_changes, numbers
from tests.page import Page
from tests.sending import fields_of, form_at, form_in
from users.accounts.models import Account, Invitation, SentForm

pytestmark = pytest.mark.django_db

TWICE = "This was sent twice. It was done once."


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(make_partner("Northwind"))
    sign_in(client, account)
    return account


@pytest.fixture
def company(admin: Account) -> Company:
    """2 of 6 seats used, four people waiting."""
    company = make_company(admin.partner, seats=2, used=2, tier=Tier.ADVANCED)
    add_arrivals(make_connector(company), 4)
    change_license(company, seats=6, tier=Tier.ADVANCED, seen=None, by=None)
    company.refresh_from_db()
    return company


def next_two(client: Client, company: Company) -> tuple[str, dict[str, Any]]:
    """The form "Approve next", filled in."""
    path = f"/companies/{company.pk}/users/"
    forms = [fields_of(form) for form in Page(client.get(path)).all("form", method="post")]
    [form] = [form for form in forms if form.get("act") == ["approve_next"]]
    return path, form | {"count": "2"}


def test_r7_two_are_approved_once_however_often_the_form_is_sent(client: Client, company: Company) -> None:
    path, form = next_two(client, company)
    first = client.post(path, form)
    assert (first.status_code, first["Location"]) == (302, path)
    assert numbers(company) == (6, 4, 2)
    with nothing_changes(company):
        second = client.post(path, form)
    assert (second.status_code, second["Location"]) == (302, path)
    assert Page(client.get(path)).messages == ["2 users were approved.", TWICE]


def test_r7_under_htmx_the_page_is_loaded_again(client: Client, company: Company) -> None:
    path, form = next_two(client, company)
    htmx = {"HX-Request": "true", "HX-Target": "users-tab"}
    assert client.post(path, form, headers=htmx).status_code == 200
    with nothing_changes(company):
        second = client.post(path, form, headers=htmx)
    assert (second.status_code, second["HX-Refresh"]) == (200, "true")
    assert numbers(company) == (6, 4, 2)


def test_another_page_is_another_form(client: Client, company: Company) -> None:
    for used in (4, 6):
        path, form = next_two(client, company)
        client.post(path, form)
        assert numbers(company) == (6, used, 6 - used)


def test_r7_a_page_that_others_made_old_approves_nobody(client: Client, company: Company) -> None:
    """Two tabs: the line is not what the second one shows any more."""
    path, form = next_two(client, company)
    _path, other_tab = next_two(client, company)
    client.post(path, form)
    with nothing_changes(company):
        response = client.post(path, other_tab)
    assert response.status_code == 422
    assert (
        Page(response).alert.text == "Fewer people wait than when this page was opened. Look at it, then do it again."
    )
    fresh = fields_of(form_in(response, path)) | {"act": "approve_next", "count": "1"}
    assert client.post(path, fresh).status_code == 302
    assert numbers(company) == (6, 5, 1)


def test_what_was_refused_may_be_sent_again(client: Client, company: Company) -> None:
    """The same form of the same page, once there is a seat for everybody."""
    path, form = next_two(client, company)
    form["count"] = "9"
    with nothing_changes(company):
        assert client.post(path, form).status_code == 422
    assert SentForm.objects.count() == 0
    with nothing_changes(company):
        response = client.post(path, form)
    assert response.status_code == 422
    assert TWICE not in Page(response).text


def test_what_only_asks_is_asked_again(client: Client, company: Company) -> None:
    path = f"/companies/{company.pk}/users/"
    person = company.users.exclude(pk=company.primary_user_id).filter(status="active").get()
    form = fields_of(form_in(client.get(path), path)) | {"act": "remove", "users": str(person.pk)}
    asked = [client.post(path, form) for _ in range(2)]
    assert [response.status_code for response in asked] == [200, 200]
    form["confirmed"] = "yes"
    assert client.post(path, form).status_code == 302
    with nothing_changes(company):
        assert client.post(path, form).status_code == 302
    assert numbers(company) == (6, 1, 4)


def test_r1_a_company_is_opened_once_and_the_second_answer_leads_to_it(client: Client, admin: Account) -> None:
    form = form_at(client, "/companies/add/")
    form |= {"name": "Fabrikam", "seats": "5", "first_name": "Ann", "last_name": "Lee", "email": "ann@fabrikam.example"}
    first = client.post("/companies/add/", form)
    company = Company.objects.get(name="Fabrikam")
    with nothing_changes(company):
        second = client.post("/companies/add/", form)
    assert first["Location"] == second["Location"] == f"/companies/{company.pk}/users/"
    assert Page(client.get(second["Location"])).messages == ["Fabrikam was added.", TWICE]


def test_r24_a_colleague_is_invited_once(client: Client, admin: Account) -> None:
    """A second invitation would end the link of the first."""
    form = form_at(client, "/colleagues/invite/")
    form |= {"email": "ivy@northwind.example", "name": "Ivy", "role": "billing"}
    assert [client.post("/colleagues/invite/", form)["Location"] for _ in range(2)] == ["/colleagues/"] * 2
    assert len(mail.outbox) == 1
    assert Invitation.objects.count() == 1


def test_a_stamp_is_good_for_one_account(client: Client, admin: Account, company: Company) -> None:
    """Another account's form is done as if it had none: it tells nothing of what they did."""
    path, form = next_two(client, company)
    client.post(path, form)
    other = Client()
    sign_in(other, make_account(admin.partner))
    form.pop("waiting")
    assert other.post(path, form).status_code == 302
    assert numbers(company) == (6, 6, 0)
    assert SentForm.objects.count() == 1


@pytest.mark.parametrize("stamp", ["", "x", "abc.1:1:forged", "\0"])
def test_without_a_stamp_of_ours_a_form_is_done(client: Client, company: Company, stamp: str) -> None:
    """Scripts send none; a forged one is none."""
    for used in (3, 4):
        client.post(f"/companies/{company.pk}/users/", {"act": "approve_next", "count": "1", "once": stamp})
        assert numbers(company)[1] == used
    assert SentForm.objects.count() == 0


def test_after_a_day_it_is_forgotten(client: Client, company: Company) -> None:
    """No page is so old: its stamp is no longer good, and neither is any session."""
    path, form = next_two(client, company)
    client.post(path, form)
    forget_sent_forms(0)
    assert SentForm.objects.count() == 1
    with time_machine.travel(timezone.now() + dt.timedelta(hours=25)):
        forget_sent_forms(0)
    assert SentForm.objects.count() == 0
