"""R24: the Colleagues page and its forms, as Admins see them."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.lifecycle import close_company
from companies.models import Company
from companies.partners.models import Partner
from tests.factories import (
    give,
    link_in_mail,
    make_account,
    make_company,
    make_invitation,
    make_partner,
    make_support,
    sign_in,
)
from tests.facts import nothing_changes
from tests.page import Page
from users.accounts.colleagues import change_role, withdraw
from users.accounts.enums import Role
from users.accounts.invitations import accept, withdraw_invitation
from users.accounts.models import Account, Assignment, Invitation
from users.directory.rules import hash_token

pytestmark = pytest.mark.django_db

LIST = "/colleagues/"
INVITE = "/colleagues/invite/"
NEW = "new@partner.example"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/colleagues/"}
NOW = "2026-11-24T09:00:00Z"


@pytest.fixture
def partner() -> Partner:
    return make_partner("Northwind")


@pytest.fixture
def admin(client: Client, partner: Partner) -> Account:
    account = make_account(partner, name="Ada", email="ada@partner.example")
    sign_in(client, account)
    return account


def edit(account: Account) -> str:
    return f"/colleagues/{account.pk}/edit/"


def end(account: Account) -> str:
    return f"/colleagues/{account.pk}/withdraw/"


def given(account: Account) -> list[int]:
    return list(Assignment.objects.filter(account=account).order_by("company_id").values_list("company_id", flat=True))


def offered(page: Page) -> dict[str, bool]:
    """The companies to choose from, and which are ticked."""
    labels = page.one(class_="companies-list").all("label")
    return {label.text: "checked" in label.one("input").attributes for label in labels}


# The list


def test_lists_who_works_here_as_what(client: Client, partner: Partner, admin: Account) -> None:
    technician = make_account(partner, role=Role.TECHNICIAN, name="Ben", email="ben@partner.example")
    open_one, closed = make_company(partner), make_company(partner)
    give(technician, open_one, closed)
    close_company(closed, typed_name=closed.name, by=None)
    Authenticator.objects.create(user=technician, type=Authenticator.Type.TOTP, data={})
    Authenticator.objects.create(user=admin, type=Authenticator.Type.RECOVERY_CODES, data={})
    Account.objects.filter(pk=technician.pk).update(last_login=dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC))
    Account.objects.filter(pk=admin.pk).update(last_login=None)
    make_account(make_partner(), name="Somebody else")
    make_support()
    page = Page(client.get(LIST))
    assert page.rows == [
        ["Ada (you)", "ada@partner.example", "Admin", "all", "not set up", "never", "Active", "Edit Withdraw"],
        [
            "Ben",
            "ben@partner.example",
            "Technician",
            "1 company",
            "set up",
            "Nov. 1, 2026",
            "Active",
            "Edit Withdraw",
        ],
    ]


def test_withdrawn_accounts_are_shown_if_asked_for(client: Client, partner: Partner, admin: Account) -> None:
    gone = make_account(partner, name="Gus", email="gus@partner.example", role=Role.BILLING)
    withdraw(gone, by=admin)
    assert [row[0] for row in Page(client.get(LIST)).rows] == ["Ada (you)"]
    rows = Page(client.get(f"{LIST}?withdrawn=1")).rows
    assert [(row[0], row[6], row[7]) for row in rows] == [
        ("Ada (you)", "Active", "Edit Withdraw"),
        ("Gus", "Withdrawn", ""),
    ]


def test_lists_open_invitations_and_marks_those_whose_time_is_over(
    client: Client, partner: Partner, admin: Account
) -> None:
    company = make_company(partner)
    with time_machine.travel("2026-11-10T09:00:00Z", tick=False):
        make_invitation(partner, by=make_support(), email="old@partner.example", role=Role.ADMIN)
    with time_machine.travel(NOW, tick=False):
        make_invitation(partner, by=admin, email=NEW, role=Role.TECHNICIAN, companies=[company.pk])
        over, _ = make_invitation(partner, by=admin)
        withdraw_invitation(over, by=admin)
        _, link = make_invitation(partner, by=admin)
        accept(hash_token(link.split("/")[-2]), password="correct-horse-battery", name="Zoe")
        make_invitation(make_partner())
        sign_in(client, admin)
        rows = Page(client.get(LIST)).rows[2:]
    acts = "Invite again Withdraw"
    assert rows == [
        ["Ivy", "old@partner.example", "Admin", "all", "Support: Support", "Nov. 17, 2026, 9 a.m. expired", acts],
        ["Ivy", NEW, "Technician", "1 company", "Ada", "Dec. 1, 2026, 9 a.m.", acts],
    ]


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_takes_the_same_queries_however_long(
    client: Client,
    partner: Partner,
    admin: Account,
    number: int,
    django_assert_num_queries: Callable[[int], AbstractContextManager[None]],
) -> None:
    company = make_company(partner)
    for _ in range(number):
        give(make_account(partner, role=Role.TECHNICIAN), company)
        make_invitation(partner, by=admin, role=Role.TECHNICIAN, companies=[company.pk])
    with django_assert_num_queries(QUERIES):
        assert client.get(LIST).status_code == 200


QUERIES = 7
"""Session, account, open visits of support, and a count and a page of each list."""


def test_only_admins_see_the_way_there(client: Client, partner: Partner) -> None:
    for role in Role:
        sign_in(client, make_account(partner, role=role))
        links = Page(client.get("/companies/")).one(class_="top-nav").texts("a")
        assert ("Colleagues" in links) == (role == Role.ADMIN)


# Inviting


def test_inviting_sends_the_link_and_says_so(client: Client, partner: Partner, admin: Account) -> None:
    company = make_company(partner)
    fields = {"email": NEW, "name": "Ivy Lee", "role": "technician", "companies": [company.pk]}
    page = Page(client.post(INVITE, fields, follow=True))
    assert page.messages == ["new@partner.example was invited."]
    invitation = Invitation.objects.get()
    assert (invitation.partner, invitation.by_account, invitation.role) == (partner, admin, Role.TECHNICIAN)
    assert list(invitation.companies.values_list("company_id", flat=True)) == [company.pk]
    assert client.get(link_in_mail()).status_code == 302


def test_nobody_is_sent_invitations_without_end(client: Client, partner: Partner, admin: Account) -> None:
    """Neither by inviting the address nor by sending the link again; others are still invited."""
    fields = {"email": NEW, "name": "Ivy", "role": "billing"}
    for _ in range(3):
        client.post(INVITE, fields)
    again = f"/colleagues/invitations/{Invitation.objects.get().pk}/again/"
    assert [client.post(again).status_code for _ in range(2)] == [302, 302]
    mail.outbox.clear()
    before = Invitation.objects.get().token_hash
    for address in (INVITE, again):
        response = client.post(address, fields)
        assert response.status_code == 422
        assert Page(response).alert.text.startswith("Too many invitations were sent lately. Nothing was sent")
    assert (mail.outbox, Invitation.objects.get().token_hash) == ([], before)
    assert client.post(INVITE, fields | {"email": "other@partner.example"}).status_code == 302
    [event] = AuditEvent.objects.filter(act=Act.TOO_MANY_ATTEMPTS)
    assert event.data == {"what": "colleagues:invite", "account": admin.pk}


def test_under_htmx_the_form_is_a_part_and_done_leads_to_the_list(client: Client, admin: Account) -> None:
    refused = client.post(INVITE, {}, headers=HTMX)
    assert refused.status_code == 422
    assert refused.text.lstrip().startswith('<form id="colleague"')
    done = client.post(INVITE, {"email": NEW, "name": "Ivy", "role": "billing"}, headers=HTMX)
    assert (done.status_code, done["HX-Redirect"]) == (200, LIST)


def test_what_was_typed_stays_and_what_is_wrong_is_said(client: Client, partner: Partner, admin: Account) -> None:
    make_company(partner, name="Fabrikam")
    other = make_company(partner, name="Tailspin")
    with nothing_changes(partner):
        response = client.post(INVITE, {"email": "nobody", "name": "", "role": "", "companies": [other.pk]})
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.text == "Nothing was saved. Correct the marked fields."
    assert page.value("email") == "nobody"
    assert page.errors("email") == ["This is not an e-mail address."]
    assert page.errors("name") == ["Fill this in."]
    assert page.errors("role") == ["Choose a role."]
    assert offered(page) == {"Tailspin": True, "Fabrikam": False}
    assert mail.outbox == []


@pytest.mark.parametrize("role", ["owner", "Admin", "technician\x00"])
def test_there_are_four_roles(client: Client, partner: Partner, admin: Account, role: str) -> None:
    with nothing_changes(partner):
        assert client.post(INVITE, {"email": NEW, "name": "Ivy", "role": role}).status_code == 422


def test_a_colleague_is_named_as_such(client: Client, partner: Partner, admin: Account) -> None:
    with nothing_changes(partner):
        response = client.post(INVITE, {"email": admin.email, "name": "Ada", "role": "billing"})
    assert (response.status_code, Page(response).alert.text) == (422, "ada@partner.example is a colleague already.")


def test_an_address_of_another_partner_is_not_revealed(client: Client, admin: Account) -> None:
    """To the page both are the same; whoever opens the link is told."""
    make_account(make_partner(), email=NEW)
    fields = {"name": "Ivy", "role": "billing"}
    known = client.post(INVITE, fields | {"email": NEW})
    unknown = client.post(INVITE, fields | {"email": "unknown@partner.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"]) == (302, LIST)
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("companies", [["foreign"], ["closed"], ["own", "foreign"]])
def test_r23_foreign_and_closed_companies_are_refused(
    client: Client, partner: Partner, admin: Account, companies: list[str]
) -> None:
    closed = make_company(partner)
    close_company(closed, typed_name=closed.name, by=None)
    known = {"own": make_company(partner), "foreign": make_company(name="Their company"), "closed": closed}
    fields = {
        "email": NEW,
        "name": "Ivy",
        "role": "technician",
        "companies": [known[name].pk for name in companies],
    }
    with nothing_changes(partner):
        response = client.post(INVITE, fields)
    assert response.status_code == 422
    assert Page(response).alert.text == "1 of the chosen companies is no longer there."
    assert "Their company" not in response.text


def test_nonsense_among_the_companies_is_passed_over(client: Client, partner: Partner, admin: Account) -> None:
    company = make_company(partner)
    fields = {"email": NEW, "name": "Ivy", "role": "technician", "companies": ["x", "-1", "9" * 40, "٣", company.pk]}
    assert client.post(INVITE, fields).status_code == 302
    assert list(Invitation.objects.get().companies.values_list("company_id", flat=True)) == [company.pk]


def test_without_javascript_the_server_searches_the_companies(client: Client, partner: Partner, admin: Account) -> None:
    """Chosen ones stay in sight, what was typed stays, and nobody is invited by it."""
    for name in ("Fabrikam", "FABLE & sons", "Tailspin Toys", "Wingtip"):
        make_company(partner, name=name)
    make_company(name="Fabulous others")
    chosen = Company.objects.get(name="Wingtip")
    fields = {"email": "ivy@", "name": "Ivy", "role": "technician", "companies": [chosen.pk], "q": " fab "}
    with nothing_changes(partner):
        response = client.post(INVITE, fields | {"act": "search"})
    page = Page(response)
    assert response.status_code == 200
    assert offered(page) == {"Wingtip": True, "FABLE & sons": False, "Fabrikam": False}
    assert (page.value("email"), page.value("name"), page.value("role")) == ("ivy@", "Ivy", "technician")
    assert page.errors("email") == []
    assert page.one(id="companies-q")["value"] == "fab"


@pytest.mark.parametrize("field", ["q", "email", "name", "role", "companies"])
@pytest.mark.parametrize("act", ["search", "invite"])
def test_nul_characters_crash_nothing(client: Client, partner: Partner, admin: Account, field: str, act: str) -> None:
    """PostgreSQL knows none: in a field they are refused, in a search and among ids passed over."""
    make_company(partner, name="Fabrikam")
    fields = {"email": NEW, "name": "Ivy", "role": "admin", "q": "fab", "act": act}
    response = client.post(INVITE, fields | {field: "a\0b"})
    if act == "search":
        assert response.status_code == 200
    elif field in {"q", "companies"}:
        assert response.status_code == 302
    else:
        assert response.status_code == 422
        assert not Invitation.objects.exists()


def test_at_most_a_thousand_companies_are_offered_at_once(
    client: Client, partner: Partner, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("users.accounts.queries.MOST_COMPANIES", 2)
    for name in ("Aa", "Bb", "Cc"):
        make_company(partner, name=name)
    page = Page(client.get(INVITE))
    assert list(offered(page)) == ["Aa", "Bb"]
    assert "These are not all: search for others by name." in page.text


# Changing


def test_the_form_shows_what_is_so(client: Client, partner: Partner, admin: Account) -> None:
    one, _other = make_company(partner, name="Wingtip"), make_company(partner, name="Fabrikam")
    account = make_account(partner, role=Role.TECHNICIAN, name="Ben")
    give(account, one)
    page = Page(client.get(edit(account)))
    assert page.texts("h1") == ["Ben"]
    assert page.value("role") == "technician"
    assert offered(page) == {"Wingtip": True, "Fabrikam": False}


def test_role_and_companies_are_saved_together(client: Client, partner: Partner, admin: Account) -> None:
    company = make_company(partner)
    account = make_account(partner, role=Role.BILLING, name="Ben")
    page = Page(client.post(edit(account), {"role": "technician", "companies": [company.pk]}, follow=True))
    assert page.messages == ["Ben was changed."]
    account.refresh_from_db()
    assert (account.role, given(account)) == (Role.TECHNICIAN, [company.pk])


@pytest.mark.parametrize("change", ["companies", "role"])
def test_a_form_that_was_open_meanwhile_gives_nothing_back(
    client: Client, partner: Partner, admin: Account, change: str
) -> None:
    """Another Admin took a company, or made the colleague something else: that stays, and the form shows it."""
    kept, taken = make_company(partner, name="Fabrikam"), make_company(partner, name="Tailspin")
    technician = make_account(partner, role=Role.TECHNICIAN)
    give(technician, kept, taken)
    page = Page(client.get(edit(technician)))
    typed = {"role": page.value("role"), "companies": [kept.pk, taken.pk], "seen": page.value("seen")}
    new = {"companies": (Role.TECHNICIAN, [kept.pk]), "role": (Role.BILLING, [])}[change]
    change_role(technician, role=new[0], companies=new[1], by=make_account(partner))
    with nothing_changes(partner):
        response = client.post(edit(technician), typed)
    page = Page(response)
    assert (response.status_code, page.value("role")) == (422, new[0])
    assert page.alert.text.startswith("Nothing was saved: somebody else changed this colleague meanwhile.")
    assert [box["value"] for box in page.all("input", name="companies") if "checked" in box.attributes] == [
        str(company) for company in new[1]
    ]
    assert client.post(edit(technician), typed | {"seen": page.value("seen")}).status_code == 302


def test_the_last_admin_is_told_so(client: Client, partner: Partner, admin: Account) -> None:
    with nothing_changes(partner):
        changed = client.post(edit(admin), {"role": "billing"})
        ended = client.post(end(admin))
    for response in (changed, ended):
        assert response.status_code == 422
        assert Page(response).alert.text == "This is the last Admin. Make somebody else an Admin first."
    assert Page(changed).value("role") == "billing"


def test_who_gives_up_the_role_is_led_to_what_is_left(client: Client, partner: Partner, admin: Account) -> None:
    make_account(partner)
    response = client.post(edit(admin), {"role": "billing"}, follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert client.get(LIST).status_code == 403


# Withdrawing


def test_withdrawing_asks_first(client: Client, partner: Partner, admin: Account) -> None:
    account = make_account(partner, role=Role.BILLING, name="Ben")
    with nothing_changes(partner):
        plain, part = client.get(end(account)), client.get(end(account), headers=HTMX)
    assert Page(plain).one("dialog").one("h2").text == "Withdraw the access of Ben?"
    assert Page(plain).one("dialog")["data-modal"] == LIST
    assert part.text.lstrip().startswith("<dialog")
    page = Page(client.post(end(account), follow=True))
    assert page.messages == ["The access of Ben was withdrawn."]
    assert not Account.objects.get(pk=account.pk).is_active


def test_a_second_click_finds_it_done(client: Client, partner: Partner, admin: Account) -> None:
    account = make_account(partner, role=Role.BILLING)
    client.post(end(account))
    with nothing_changes(partner):
        for address in (end(account), edit(account)):
            page = Page(client.post(address, {"role": "admin"}, follow=True))
            assert page.messages[-1] == "The access of this colleague was withdrawn already."


def test_withdrawing_oneself_signs_out(client: Client, partner: Partner, admin: Account) -> None:
    make_account(partner)
    response = client.post(end(admin), follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/")


# Invitations


def test_an_invitation_is_sent_again(client: Client, partner: Partner, admin: Account) -> None:
    invitation, old = make_invitation(partner, by=admin, email=NEW)
    address = f"/colleagues/invitations/{invitation.pk}/again/"
    with nothing_changes(partner):
        assert Page(client.get(address)).one("dialog").one("h2").text == "Send a new link?"
    page = Page(client.post(address, follow=True))
    assert page.messages == ["new@partner.example was sent a new link."]
    assert link_in_mail() != old
    assert client.get(old).status_code == 404


def test_an_invitation_is_withdrawn(client: Client, partner: Partner, admin: Account) -> None:
    invitation, link = make_invitation(partner, by=admin, email=NEW)
    address = f"/colleagues/invitations/{invitation.pk}/withdraw/"
    with nothing_changes(partner):
        assert Page(client.get(address)).one("dialog").one("h2").text == "Withdraw this invitation?"
    page = Page(client.post(address, follow=True))
    assert page.messages == ["The invitation of new@partner.example was withdrawn."]
    assert client.get(link).status_code == 404


@pytest.mark.parametrize("act", ["again", "withdraw"])
def test_what_was_accepted_meanwhile_stays_so(client: Client, partner: Partner, admin: Account, act: str) -> None:
    invitation, link = make_invitation(partner, by=admin)
    accept(hash_token(link.split("/")[-2]), password="correct-horse-battery", name="Ivy")
    with nothing_changes(partner):
        page = Page(client.post(f"/colleagues/invitations/{invitation.pk}/{act}/", follow=True))
    assert page.messages == ["This invitation was accepted or withdrawn meanwhile."]


# R23


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_partners_are_404_for_every_role(client: Client, role: Role, method: str) -> None:
    theirs = make_partner()
    account = make_account(theirs)
    invitation, _ = make_invitation(theirs, by=account)
    sign_in(client, make_account(role=role))
    with nothing_changes(theirs):
        for address in (
            edit(account),
            end(account),
            f"/colleagues/invitations/{invitation.pk}/again/",
            f"/colleagues/invitations/{invitation.pk}/withdraw/",
            edit(make_support()),
        ):
            assert getattr(client, method)(address, {"role": "billing"}).status_code == 404
