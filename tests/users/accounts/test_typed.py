"""An expired session brings back what was typed (portal/web/typed.py): after signing in, once, nothing saved yet."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from companies.models import Company
from licensing.enums import Tier
from portal.web.typed import MOST_CHARACTERS, WAITS
from tests.factories import (
    PASSWORD,
    give,
    make_account,
    make_company,
    make_connector,
    make_import,
    make_partner,
    make_person,
    sign_in,
)
from tests.facts import nothing_changes, numbers
from tests.page import Page
from tests.sending import fields_of, form_at, form_in
from tests.tenancy.test_addresses import PATTERNS
from tests.users.accounts import steps
from users.accounts.enums import Role
from users.accounts.models import Account, SentForm

pytestmark = pytest.mark.django_db

BACK = "This is what you typed before. Nothing is saved yet: look at it, then send it."
AGAIN = "Nothing was saved yet. Show that it is you: then what you typed comes back."
UNSENT = "You were signed out meanwhile. Nothing was saved: sign in, then do it again."

WITHOUT_TYPING = {
    "companies:auto_fill": "a button",
    "companies:checklist": "a button",
    "companies:connector_held": "ticks of a list that may be another by then",
    "companies:connector_pause": "a button",
    "companies:connector_remove": "a confirmation",
    "companies:connector_rotate": "one choice, and the token that it would end may be another by then",
    "companies:policies_reviewed": "a button",
    "companies:policy_off": "a confirmation",
    "colleagues:end_invitation": "a confirmation",
    "colleagues:invite_again": "a confirmation",
    "colleagues:withdraw": "a confirmation",
    "users:add_file": "a file, which has to be chosen again",
    "users:add_file_check": "rows of a file, which keeps what was corrected before",
    "users:list": "ticks of a list that may be another by then",
    "users:make_primary": "a confirmation",
}
"""Addresses of the partner's staff that take a POST and bring nothing back."""


@pytest.fixture
def admin() -> Account:
    return make_account(make_partner("Northwind"), email="ann@northwind.example")


@pytest.fixture
def company(admin: Account) -> Company:
    return make_company(admin.partner, seats=5, used=2, tier=Tier.ADVANCED, name="Fabrikam")


@pytest.fixture
def signed_in(client: Client, admin: Account) -> Client:
    sign_in(client, admin)
    return client


def sign_out_elsewhere(client: Client) -> None:
    """The session is over, and the browser does not know it."""
    client.session.flush()


def sign_in_again(client: Client, to: str, email: str = "ann@northwind.example") -> str:
    """Follow the way to the sign-in and through it; where it ends."""
    answer = client.post(to, {"login": email, "password": PASSWORD})
    return str(answer["Location"])


def lost(client: Client, path: str, form: dict[str, Any], **headers: str) -> Any:
    sign_out_elsewhere(client)
    return client.post(path, form, headers=headers)


def test_what_was_typed_comes_back_after_the_sign_in(signed_in: Client, admin: Account, company: Company) -> None:
    path = f"/companies/{company.pk}/users/add/"
    form = form_at(signed_in, path) | {"first_name": "Dee ", "last_name": "Lee", "email": "no-address"}
    before = numbers(company)
    answer = lost(signed_in, path, form)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path.replace('/', '%2F')}")
    assert Page(signed_in.get(answer["Location"])).messages == [AGAIN]
    assert sign_in_again(signed_in, answer["Location"]) == path
    page = Page(signed_in.get(path))
    assert numbers(company) == before
    assert page.alert.text == BACK
    assert [page.value(name) for name in ("first_name", "last_name", "email")] == ["Dee ", "Lee", "no-address"]
    assert page.errors("email") == []


def test_it_comes_back_once(signed_in: Client, company: Company) -> None:
    path = f"/companies/{company.pk}/users/add/"
    answer = lost(signed_in, path, form_at(signed_in, path) | {"first_name": "Dee"})
    sign_in_again(signed_in, answer["Location"])
    assert Page(signed_in.get(path)).value("first_name") == "Dee"
    again = Page(signed_in.get(path))
    assert again.value("first_name") == ""
    assert again.all(role="alert") == []
    assert "typed" not in signed_in.session


def test_it_can_be_sent_then(signed_in: Client, company: Company) -> None:
    path = f"/companies/{company.pk}/users/add/"
    form = form_at(signed_in, path) | {"first_name": "Dee", "last_name": "Lee", "email": "dee@fabrikam.example"}
    answer = lost(signed_in, path, form)
    sign_in_again(signed_in, answer["Location"])
    back = fields_of(form_in(signed_in.get(path), path))
    assert signed_in.post(path, back)["Location"] == f"/companies/{company.pk}/users/"
    assert company.users.filter(email="dee@fabrikam.example").count() == 1
    assert SentForm.objects.count() == 1


def test_a_second_factor_stands_before_it(admin: Account, company: Company) -> None:
    steps.with_app(admin)
    client = Client()
    sign_in(client, admin)
    path = f"/companies/{company.pk}/users/add/"
    answer = lost(client, path, form_at(client, path) | {"first_name": "Dee"})
    half = sign_in_again(client, answer["Location"])
    assert half.startswith("/accounts/2fa/authenticate/")
    assert client.get(path)["Location"].startswith("/accounts/")
    answer = client.post(half, {"code": steps.code_of_app()})
    assert answer["Location"] == path
    assert Page(client.get(path)).value("first_name") == "Dee"


def test_another_account_finds_nothing(signed_in: Client, admin: Account, company: Company) -> None:
    path = f"/companies/{company.pk}/users/add/"
    answer = lost(signed_in, path, form_at(signed_in, path) | {"first_name": "Dee"})
    assert signed_in.session["typed"][path]["account"] == admin.pk
    other = make_account(admin.partner)
    sign_in_again(signed_in, answer["Location"], other.email)
    assert "typed" not in signed_in.session
    page = Page(signed_in.get(path))
    assert page.value("first_name") == ""
    assert page.all(role="alert") == []


def test_a_form_that_was_made_for_nobody_we_know_is_not_kept(signed_in: Client, company: Company) -> None:
    """A stranger cannot fill the table of sessions."""
    path = f"/companies/{company.pk}/users/add/"
    form = form_at(signed_in, path) | {"first_name": "Dee"}
    for stamp in ("", "x", form["once"][0] + "x"):
        answer = lost(signed_in, path, form | {"once": stamp})
        assert Page(signed_in.get(answer["Location"])).messages == [UNSENT]
        assert "typed" not in signed_in.session


def test_it_waits_for_an_hour(signed_in: Client, company: Company) -> None:
    path = f"/companies/{company.pk}/users/add/"
    answer = lost(signed_in, path, form_at(signed_in, path) | {"first_name": "Dee"})
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=WAITS + 1)):
        sign_in_again(signed_in, answer["Location"])
        assert Page(signed_in.get(path)).value("first_name") == ""


def test_the_last_three_forms_wait_and_no_more(signed_in: Client, admin: Account) -> None:
    companies = [make_company(admin.partner) for _ in range(4)]
    paths = [f"/companies/{company.pk}/users/add/" for company in companies]
    forms = [form_at(signed_in, path) | {"first_name": "Dee"} for path in paths]
    sign_out_elsewhere(signed_in)
    for path, form in zip(paths, forms, strict=True):
        signed_in.post(path, form)
    assert list(signed_in.session["typed"]) == paths[1:]


def test_what_is_too_long_is_not_kept(signed_in: Client, company: Company) -> None:
    path = f"/companies/{company.pk}/users/add/many/"
    form = form_at(signed_in, path) | {"emails": "x" * MOST_CHARACTERS}
    answer = lost(signed_in, path, form)
    assert Page(signed_in.get(answer["Location"])).messages == [UNSENT]
    assert "typed" not in signed_in.session


def test_no_secret_is_kept(signed_in: Client, company: Company) -> None:
    """What is called a password, a code, a token or a secret, whoever sends it there."""
    path = f"/companies/{company.pk}/users/add/"
    secrets = {"password": "a", "new_Password1": "b", "code": "c", "token": "d", "client-secret": "e"}
    form = form_at(signed_in, path) | {"first_name": "Dee"} | secrets
    lost(signed_in, path, form)
    fields = signed_in.session["typed"][path]["fields"]
    assert fields == {"first_name": ["Dee"], "last_name": [""], "email": [""]}


def test_under_htmx_the_browser_is_sent_to_the_sign_in_and_the_dialog_comes_back(
    signed_in: Client, company: Company
) -> None:
    path = f"/companies/{company.pk}/settings/name/"
    form = form_at(signed_in, path) | {"name": "Fabrikam Ltd"}
    answer = lost(signed_in, path, form, HX_Request="true")
    assert answer["HX-Redirect"] == f"/accounts/login/?next={path.replace('/', '%2F')}"
    assert sign_in_again(signed_in, answer["HX-Redirect"]) == path
    page = Page(signed_in.get(path))
    assert (page.alert.text, page.value("name")) == (BACK, "Fabrikam Ltd")


def test_what_the_planner_asks_while_one_types_loses_nothing_either(signed_in: Client, company: Company) -> None:
    """R10: also the reason; what others changed meanwhile is still found at the save, by the number that was seen."""
    path = f"/companies/{company.pk}/settings/license/"
    typed = {"seats": "12", "tier": "standard", "reason": "Ticket 7", "seen": "1"}
    asked = typed | {"once": form_at(signed_in, path)["once"]}
    sign_out_elsewhere(signed_in)
    htmx = {"HX-Request": "true", "HX-Target": "license-plan", "HX-Current-URL": "http://testserver/"}
    answer = signed_in.get(path, asked, headers=htmx)
    assert sign_in_again(signed_in, answer["HX-Redirect"]) == path
    back = Page(signed_in.get(path))
    assert back.alert.text == BACK
    assert {name: back.value(name) for name in typed} == typed


def test_a_form_of_before_the_last_sign_in_is_opened_again_with_what_was_typed(
    admin: Account, company: Company
) -> None:
    """Signed in again in another tab: the token of this one is old, and nothing is done; the typed text is there."""
    client = Client(enforce_csrf_checks=True)
    sign_in(client, admin)
    path = f"/companies/{company.pk}/users/add/"
    form = form_at(client, path) | {"first_name": "Dee", "csrfmiddlewaretoken": "x" * 64}
    with nothing_changes(company):
        answer = client.post(path, form)
        assert (answer.status_code, answer["Location"]) == (302, path)
        page = Page(client.get(path))
    assert (page.alert.text, page.value("first_name")) == (BACK, "Dee")


def test_a_form_of_another_account_is_refused_as_ever(admin: Account, company: Company) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, admin)
    path = f"/companies/{company.pk}/users/add/"
    form = form_at(client, path) | {"first_name": "Dee"}
    sign_in(client, make_account(admin.partner))
    assert client.post(path, form | {"csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert "typed" not in client.session


def test_who_must_show_who_they_are_loses_nothing(signed_in: Client, company: Company) -> None:
    """Closing asks for the password again; the name of the company is not asked for twice."""
    path = f"/companies/{company.pk}/settings/close/"
    form = form_at(signed_in, path) | {"typed_name": "Fabrikam", "reason": "Moved away"}
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1)):
        with nothing_changes(company):
            answer = signed_in.post(path, form)
            assert answer["Location"] == f"/accounts/reauthenticate/?next={path.replace('/', '%2F')}"
            assert signed_in.post(answer["Location"], {"password": PASSWORD, "next": path})["Location"] == path
            page = Page(signed_in.get(path))
        alert, *_more = page.all(role="alert")
        assert alert.text == BACK
        assert [page.value(name) for name in ("typed_name", "reason")] == ["Fabrikam", "Moved away"]


def cases(company: Company, admin: Account) -> dict[str, dict[str, Any]]:
    """Each form that brings back what was typed, by its address, and what is typed."""
    connector = make_connector(company, name="Okta")
    colleague = make_account(company.partner)
    file = make_import(company, admin, [make_person()])
    person = company.users.exclude(pk=company.primary_user_id).get()
    at = f"/companies/{company.pk}"
    names = {"first_name": "Dee", "last_name": "Lee"}
    return {
        "/companies/add/": {"name": "New", "seats": "7", "tier": "advanced", "email": "a@b.example"} | names,
        f"{at}/settings/license/": {"seats": "9", "tier": "standard", "reason": "Ticket"},
        f"{at}/settings/name/": {"name": "Other"},
        f"{at}/settings/close/": {"typed_name": "Fabri", "reason": "Gone"},
        f"{at}/settings/connectors/add/": {"kind": "okta", "name": "Third"},
        f"{at}/settings/connectors/{connector.pk}/rules/": {"name": "Fourth"},
        f"{at}/settings/policies/master_password/on/": {"max_age_days": "91", "reuse": "3"},
        f"{at}/users/add/": {"email": "x@y.example"} | names,
        f"{at}/users/add/many/": {"emails": "a@b.example, c@d.example"},
        f"{at}/users/add/file/{file.token}/columns/": {"first_name": "1", "last_name": "0", "email": "0"},
        f"{at}/users/{person.pk}/edit/": names,
        "/colleagues/invite/": {"email": "i@n.example", "name": "Ivy", "role": "billing"},
        f"/colleagues/{colleague.pk}/edit/": {"role": "technician"},
    }


def test_every_form_with_something_typed_brings_it_back(signed_in: Client, admin: Account, company: Company) -> None:
    for path, filled in cases(company, admin).items():
        form = fields_of(form_in(signed_in.get(path), path))
        assert set(filled) <= set(form), path
        answer = lost(signed_in, path, form | filled)
        assert sign_in_again(signed_in, answer["Location"]) == path
        page = Page(signed_in.get(path))
        assert {name: page.value(name) for name in filled} == filled, path
        assert page.all(role="alert")[0].text == BACK


def test_r24_the_technicians_that_were_chosen_come_back(signed_in: Client, company: Company) -> None:
    one, other = (make_account(company.partner, role=Role.TECHNICIAN) for _ in range(2))
    give(one, company)
    path = f"/companies/{company.pk}/settings/technicians/"
    form = form_at(signed_in, path)
    answer = lost(signed_in, path, form | {"technicians": [str(other.pk)]})
    sign_in_again(signed_in, answer["Location"])
    back = signed_in.get(path)
    assert Page(back).alert.text == BACK
    assert fields_of(form_in(back, path))["technicians"] == [str(other.pk)]


def test_the_names_of_many_people_come_back_row_by_row(signed_in: Client, company: Company) -> None:
    path = f"/companies/{company.pk}/users/add/many/"
    step = signed_in.post(path, form_at(signed_in, path) | {"emails": "Ann Lee <a@b.example>, c@d.example"})
    form = fields_of(form_in(step, path)) | {"people-1-first_name": "Cem", "people-1-DELETE": "on"}
    answer = lost(signed_in, path, form)
    sign_in_again(signed_in, answer["Location"])
    page = Page(signed_in.get(path))
    assert page.alert.text == BACK
    assert [page.value(f"people-{row}-first_name") for row in (0, 1)] == ["Ann", "Cem"]
    assert [page.value(f"people-{row}-email") for row in (0, 1)] == ["a@b.example", "c@d.example"]
    assert ["checked" in page.input(f"people-{row}-DELETE").attributes for row in (0, 1)] == [False, True]


def test_the_wish_for_many_companies_comes_back_with_them(signed_in: Client, company: Company) -> None:
    path = "/companies/licenses/preview/"
    form = form_at(signed_in, f"/companies/licenses/?companies={company.pk}", action=path)
    answer = lost(signed_in, path, form | {"how": "add", "number": "3", "reason": "Spring"})
    assert sign_in_again(signed_in, answer["Location"]) == path
    page = Page(signed_in.get(path))
    assert page.alert.text == BACK
    back = fields_of(form_in(signed_in.get(f"/companies/licenses/?companies={company.pk}"), path))
    assert [page.value(name) for name in ("number", "reason")] == ["3", "Spring"]
    assert [tag["value"] for tag in page.all("input", name="how") if "checked" in tag.attributes] == ["add"]
    assert [tag["value"] for tag in page.all("input", name="companies")] == back["companies"] == [str(company.pk)]


def test_every_address_that_takes_a_form_brings_it_back_or_is_known_not_to(client: Client) -> None:
    """A new form is marked `brings_back`, or named above."""
    taking, marked = set(), set()
    for name, arguments in PATTERNS:
        path = reverse(name, kwargs=dict.fromkeys(arguments, "1")) if ":" in name else ""
        if path and client.post(path).status_code != 405:
            taking.add(name)
            if getattr(get_resolver().resolve(path).func, "brings_back", False):
                marked.add(name)
    assert taking == marked | set(WITHOUT_TYPING)
    assert len(marked) == 15
