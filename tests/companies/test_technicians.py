"""Who looks after a company, chosen from its Settings tab by an Admin (R24)."""

import time
from typing import Any

import pytest
import time_machine
from django.test import Client

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.lifecycle import close_company
from companies.models import Company
from licensing.errors import AccountGone, CompaniesNotFound
from tests.factories import give, make_account, make_colleague, make_company, make_partner, sign_in
from tests.facts import nothing_changes, refused
from tests.page import Page
from tests.sending import fields_of, form_in
from users.accounts.colleagues import assign_technicians, change_role, withdraw
from users.accounts.enums import Role
from users.accounts.models import Account, Assignment

pytestmark = pytest.mark.django_db

STALE = "Nothing was saved: the technicians were changed meanwhile. This is how it is now: choose again."


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(make_partner())
    sign_in(client, account)
    return account


@pytest.fixture
def company(admin: Account) -> Company:
    return make_company(admin.partner, name="Fabrikam")


@pytest.fixture
def tom(company: Company) -> Account:
    """Looks after the company."""
    account = make_account(company.partner, role=Role.TECHNICIAN, name="Tom")
    give(account, company)
    return account


@pytest.fixture
def uma(company: Company) -> Account:
    """Does not, but after another one."""
    account = make_account(company.partner, role=Role.TECHNICIAN, name="Uma")
    give(account, make_company(company.partner))
    return account


def given(company: Company) -> set[int]:
    return set(Assignment.objects.filter(company=company).values_list("account_id", flat=True))


def path(company: Company) -> str:
    return f"/companies/{company.pk}/settings/technicians/"


def form_of(client: Client, company: Company) -> dict[str, Any]:
    return fields_of(form_in(client.get(path(company)), path(company)))


def test_an_admin_chooses_who_looks_after_it(client: Client, company: Company, tom: Account, uma: Account) -> None:
    form = form_of(client, company)
    assert form["technicians"] == [str(tom.pk)]
    response = client.post(path(company), form | {"technicians": [str(uma.pk)]})
    assert response["Location"] == f"/companies/{company.pk}/settings/#company"
    page = Page(client.get(response["Location"]))
    assert page.messages == ["The technicians of Fabrikam were saved."]
    assert "Uma" in page.one(id="company").texts("p")
    assert given(company) == {uma.pk}
    assert Assignment.objects.filter(account=uma).count() == 2


def test_each_of_them_stands_in_the_audit(admin: Account, company: Company, tom: Account, uma: Account) -> None:
    assign_technicians(company, technicians=[uma.pk], by=admin)
    events = AuditEvent.objects.filter(partner=company.partner, act=Act.COMPANIES_GIVEN).order_by("pk")
    assert [(event.by_account_id, event.data) for event in events] == [
        (admin.pk, {"account": tom.pk, "given": [], "given_count": 0, "taken": [company.pk], "taken_count": 1}),
        (admin.pk, {"account": uma.pk, "given": [company.pk], "given_count": 1, "taken": [], "taken_count": 0}),
    ]


def test_what_stays_the_same_writes_nothing(admin: Account, company: Company, tom: Account) -> None:
    with nothing_changes(company):
        assign_technicians(company, technicians=[tom.pk], by=admin)


def test_nobody_is_a_choice_too(client: Client, company: Company, tom: Account) -> None:
    form = form_of(client, company)
    form.pop("technicians")
    client.post(path(company), form)
    assert given(company) == set()
    assert "Nobody. Admins look after it." in Page(client.get(f"/companies/{company.pk}/settings/")).texts("p")


def test_r24_whoever_is_no_technician_cannot_be_given_a_company(admin: Account, company: Company, tom: Account) -> None:
    others = make_account(make_partner(), role=Role.TECHNICIAN)
    gone = make_account(company.partner, role=Role.TECHNICIAN)
    withdraw(gone, by=admin)
    for account in (admin, make_account(company.partner, role=Role.BILLING), others, gone):
        with refused(AccountGone, company, account_id=account.pk):
            assign_technicians(company, technicians=[tom.pk, account.pk], by=admin)


def test_r19_a_closed_company_is_given_to_nobody(admin: Account, company: Company, tom: Account) -> None:
    close_company(company, typed_name="Fabrikam", by=admin)
    with refused(CompaniesNotFound, company, company_ids=(company.pk,)):
        assign_technicians(company, technicians=[], by=admin)


def test_a_form_that_is_out_of_date_saves_nothing(
    client: Client, admin: Account, company: Company, tom: Account, uma: Account
) -> None:
    form = form_of(client, company)
    assign_technicians(company, technicians=[uma.pk], by=admin)
    with nothing_changes(company):
        response = client.post(path(company), form)
    assert response.status_code == 422
    page = Page(response)
    assert page.alert.text == STALE
    assert fields_of(form_in(response, path(company)))["technicians"] == [str(uma.pk)]


@pytest.mark.parametrize("choice", ["0", "x", "999999999999999999999"])
def test_nonsense_saves_nothing(client: Client, company: Company, tom: Account, choice: str) -> None:
    with nothing_changes(company):
        assert client.post(path(company), {"technicians": [choice]}).status_code == 422


def test_another_role_since_is_no_choice_any_more(
    client: Client, admin: Account, company: Company, tom: Account
) -> None:
    form = form_of(client, company)
    change_role(tom, role=Role.BILLING, companies=(), by=admin)
    with nothing_changes(company):
        assert client.post(path(company), form).status_code == 422


def test_without_technicians_there_is_a_way_to_invite_one(client: Client, company: Company) -> None:
    page = Page(client.get(path(company)))
    dialog = page.one("dialog")
    assert dialog.all("a")[0]["href"] == "/colleagues/invite/"
    assert "Save" not in dialog.texts("button")


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.BILLING, Role.READ_ONLY])
def test_r24_nobody_but_admins_sees_or_chooses_them(client: Client, company: Company, tom: Account, role: Role) -> None:
    sign_in(client, make_colleague(role, company))
    page = Page(client.get(f"/companies/{company.pk}/settings/"))
    assert page.all(id="assign-technicians") == []
    assert "Tom" not in page.text
    with nothing_changes(company):
        assert client.post(path(company), {}).status_code == 403


def test_whoever_signed_in_long_ago_shows_who_they_are(client: Client, company: Company, tom: Account) -> None:
    with time_machine.travel(time.time() + 3_600), nothing_changes(company):
        response = client.post(path(company), {"technicians": []})
        assert response["Location"].startswith("/accounts/reauthenticate/")
