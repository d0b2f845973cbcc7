"""R24: a colleague comes in by a link that works once, in time, for one address; the rule and its pages."""

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import check_password
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import ProgrammingError, connection
from django.test import Client
from pytest_django import Settings

from companies.audit.models import AuditEvent
from companies.lifecycle import close_company
from companies.partners.models import Partner
from companies.partners.scope import enter_viewer, partner_scope, sign_in_scope, support_scope
from licensing.errors import AccountExists, CompaniesNotFound, EmailInUse, InvalidPerson, InvitationGone
from tests.factories import (
    PASSWORD,
    link_in_mail,
    make_account,
    make_company,
    make_invitation,
    make_partner,
    make_support,
    sign_in,
)
from tests.facts import facts, nothing_changes, refused
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.invitations import accept, invitation_of, invite, invite_again, withdraw_invitation
from users.accounts.models import Account, Assignment, Invitation
from users.directory.rules import hash_token

pytestmark = pytest.mark.django_db

NEW = "new@partner.example"
ACCEPT = "/accounts/invitation/"
GONE = "This invitation is no longer valid"


@pytest.fixture
def partner() -> Partner:
    return make_partner("Northwind")


@pytest.fixture
def admin(partner: Partner) -> Account:
    return make_account(partner, email="ada@partner.example", name="Ada")


def hash_of(link: str) -> str:
    return hash_token(link.split("/")[-2])


def acts(partner: Partner) -> list[tuple[str, dict[str, object]]]:
    """What was written down of accounts, oldest first."""
    events = AuditEvent.objects.filter(partner=partner, kind="accounts").order_by("pk")
    return [(event.act, event.data) for event in events]


def given(account: Account) -> list[int]:
    return list(Assignment.objects.filter(account=account).order_by("company_id").values_list("company_id", flat=True))


# The rule


def test_inviting_sends_a_link_and_keeps_only_its_hash(admin: Account, partner: Partner) -> None:
    company = make_company(partner)
    with time_machine.travel("2026-11-24T09:00:00Z", tick=False), partner_scope(partner.pk):
        invitation = invite(
            partner,
            email=" New@Partner.Example",
            name=" Ivy  Lee",
            role=Role.TECHNICIAN,
            companies=[company.pk],
            by=admin,
        )
    stored = Invitation.objects.get()
    token = link_in_mail().split("/")[-2]
    assert (stored.pk, stored.email, stored.name, stored.role) == (invitation.pk, NEW, "Ivy Lee", "technician")
    assert stored.expires_at == dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC)
    assert stored.token_hash == hash_token(token)
    assert len(token) == 43
    assert list(stored.companies.values_list("company_id", flat=True)) == [company.pk]
    assert acts(partner) == [("invited", {"invitation": invitation.pk, "role": "technician"})]
    assert token not in str(facts(partner))


def test_the_mail_says_who_invites_to_what_and_until_when(partner: Partner, admin: Account) -> None:
    Partner.objects.filter(pk=partner.pk).update(time_zone="Europe/Berlin")
    partner.refresh_from_db()
    with time_machine.travel("2026-11-24T09:00:00Z", tick=False):
        invite(partner, email=NEW, name="Ivy", role=Role.BILLING, companies=[], by=admin)
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (
        [NEW],
        "[Partner Portal] You are invited to Northwind in the Partner Portal",
    )
    assert "Ada invites you to Northwind in the Partner Portal, as Billing." in sent.body
    assert "It works once, until Dec. 1, 2026, 10 a.m. (Europe/Berlin), and only for this address." in sent.body
    assert f"http://localhost{link_in_mail()}\n" in sent.body


def test_names_in_mail_are_text_and_no_header(partner: Partner, admin: Account) -> None:
    Partner.objects.filter(pk=partner.pk).update(name="A & B\nBcc: eve@evil.example")
    partner.refresh_from_db()
    invite(partner, email=NEW, name="Ann O'Neil", role=Role.BILLING, companies=[], by=admin)
    [sent] = mail.outbox
    assert sent.subject == "[Partner Portal] You are invited to A & B Bcc: eve@evil.example in the Partner Portal"
    assert sent.recipients() == [NEW]
    assert "Hello Ann O'Neil," in sent.body


def test_inviting_again_makes_the_old_link_useless(admin: Account, partner: Partner) -> None:
    """Whoever is invited once more, as something else, is what the newest mail says."""
    company = make_company(partner)
    first, old = make_invitation(partner, by=admin, email=NEW, role=Role.TECHNICIAN, companies=[company.pk])
    second, new = make_invitation(partner, by=admin, email="NEW@partner.example", role=Role.BILLING)
    assert first.pk == second.pk
    assert Invitation.objects.count() == 1
    assert second.companies.count() == 0
    with refused(InvitationGone, partner, invitation_id=0):
        accept(hash_of(old), password=PASSWORD, name="Ivy")
    assert accept(hash_of(new), password=PASSWORD, name="Ivy").role == Role.BILLING


def test_an_expired_invitation_can_be_sent_again(admin: Account, partner: Partner) -> None:
    invitation, old = make_invitation(partner, by=admin, email=NEW)
    with time_machine.travel(invitation.expires_at + dt.timedelta(days=1)):
        with refused(InvitationGone, partner, invitation_id=0):
            accept(hash_of(old), password=PASSWORD, name="Ivy")
        with partner_scope(partner.pk):
            invite_again(invitation, by=admin)
        assert accept(hash_of(link_in_mail()), password=PASSWORD, name="Ivy").email == NEW


def test_sent_again_without_companies_that_were_closed_meanwhile(admin: Account, partner: Partner) -> None:
    stays, goes = make_company(partner), make_company(partner)
    invitation, _ = make_invitation(partner, by=admin, email=NEW, role=Role.TECHNICIAN, companies=[stays.pk, goes.pk])
    close_company(goes, typed_name=goes.name, by=None)
    invite_again(invitation, by=admin)
    assert list(invitation.companies.values_list("company_id", flat=True)) == [stays.pk]


@pytest.mark.parametrize("over", ["accepted", "withdrawn"])
def test_what_is_over_is_not_sent_again(admin: Account, partner: Partner, over: str) -> None:
    invitation, link = make_invitation(partner, by=admin)
    if over == "accepted":
        accept(hash_of(link), password=PASSWORD, name="Ivy")
    else:
        withdraw_invitation(invitation, by=admin)
    sent = len(mail.outbox)
    with refused(InvitationGone, partner, invitation_id=invitation.pk):
        invite_again(invitation, by=admin)
    assert len(mail.outbox) == sent


def test_a_colleague_is_not_invited(admin: Account, partner: Partner) -> None:
    with refused(AccountExists, partner, email=admin.email):
        invite(partner, email="ADA@partner.example", name="Ada", role=Role.ADMIN, companies=[], by=admin)
    assert mail.outbox == []


def test_a_withdrawn_colleague_can_be_invited(admin: Account, partner: Partner) -> None:
    gone = make_account(partner, email=NEW)
    Account.objects.filter(pk=gone.pk).update(is_active=False)
    _, link = make_invitation(partner, by=admin, email=NEW)
    account = accept(hash_of(link), password=PASSWORD, name="Ivy")
    assert account.pk != gone.pk
    assert list(Account.objects.filter(email=NEW).order_by("pk").values_list("pk", "is_active")) == [
        (gone.pk, False),
        (account.pk, True),
    ]


def test_only_open_companies_of_ones_own_are_given(admin: Account, partner: Partner) -> None:
    """R23, R24: nothing tells a closed company from another partner's."""
    own, closed, foreign = make_company(partner), make_company(partner), make_company()
    close_company(closed, typed_name=closed.name, by=None)
    with refused(CompaniesNotFound, partner, company_ids=tuple(sorted((closed.pk, foreign.pk)))):
        invite(
            partner,
            email=NEW,
            name="Ivy",
            role=Role.TECHNICIAN,
            companies=[own.pk, closed.pk, foreign.pk],
            by=admin,
        )


@pytest.mark.parametrize(
    ("email", "name", "errors"),
    [
        ("", "", {"email": "required", "name": "required"}),
        ("nobody", "Ivy", {"email": "invalid_email"}),
        ("jö@partner.example", "Ivy", {"email": "invalid_email"}),
        (NEW, "I\x00vy", {"name": "control_characters"}),
        (NEW, "x" * 151, {"name": "too_long"}),
    ],
)
def test_nobody_is_invited_who_could_not_sign_in(
    admin: Account, partner: Partner, email: str, name: str, errors: dict[str, str]
) -> None:
    with refused(InvalidPerson, partner, position=0, errors=errors):
        invite(partner, email=email, name=name, role=Role.ADMIN, companies=[], by=admin)


def test_accepting_makes_the_account_with_its_companies(admin: Account, partner: Partner) -> None:
    """A company that was closed meanwhile is skipped."""
    stays, goes = make_company(partner), make_company(partner)
    invitation, link = make_invitation(
        partner, by=admin, email=NEW, role=Role.TECHNICIAN, companies=[stays.pk, goes.pk]
    )
    close_company(goes, typed_name=goes.name, by=None)
    with sign_in_scope():
        account = accept(hash_of(link), password=PASSWORD, name=" Ivy Lee ")
    account = Account.objects.get(pk=account.pk)
    assert (account.partner, account.email, account.name, account.role) == (partner, NEW, "Ivy Lee", "technician")
    assert check_password(PASSWORD, account.password)
    assert given(account) == [stays.pk]
    assert list(EmailAddress.objects.filter(user=account).values_list("email", "verified", "primary")) == [
        (NEW, True, True)
    ]
    invitation.refresh_from_db()
    assert invitation.accepted_at is not None
    accepted = {"invitation": invitation.pk, "account": account.pk, "role": "technician"}
    assert acts(partner)[1:] == [("invitation_accepted", accepted)]
    assert AuditEvent.objects.get(act="invitation_accepted").by_account == account


def test_other_roles_are_given_no_companies(admin: Account, partner: Partner) -> None:
    company = make_company(partner)
    invitation, link = make_invitation(partner, by=admin, role=Role.READ_ONLY, companies=[company.pk])
    assert invitation.companies.count() == 0
    assert given(accept(hash_of(link), password=PASSWORD, name="Ivy")) == []


def test_a_link_works_once(admin: Account, partner: Partner) -> None:
    _, link = make_invitation(partner, by=admin)
    accept(hash_of(link), password=PASSWORD, name="Ivy")
    with refused(InvitationGone, partner, invitation_id=0):
        accept(hash_of(link), password=PASSWORD, name="Ivy")
    assert Account.objects.filter(partner=partner).count() == 2


def test_a_withdrawn_invitation_is_of_no_use(admin: Account, partner: Partner) -> None:
    invitation, link = make_invitation(partner, by=admin)
    with partner_scope(partner.pk):
        withdraw_invitation(invitation, by=admin)
    assert acts(partner)[1:] == [("invitation_withdrawn", {"invitation": invitation.pk})]
    with nothing_changes(partner):
        withdraw_invitation(invitation, by=admin)
    with refused(InvitationGone, partner, invitation_id=0):
        accept(hash_of(link), password=PASSWORD, name="Ivy")


def test_an_accepted_invitation_is_not_withdrawn(admin: Account, partner: Partner) -> None:
    invitation, link = make_invitation(partner, by=admin)
    accept(hash_of(link), password=PASSWORD, name="Ivy")
    with refused(InvitationGone, partner, invitation_id=invitation.pk):
        withdraw_invitation(invitation, by=admin)


def test_nobody_joins_a_partner_whose_access_has_ended(admin: Account, partner: Partner) -> None:
    _, link = make_invitation(partner, by=admin)
    Partner.objects.filter(pk=partner.pk).update(access_ends_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    with refused(InvitationGone, partner, invitation_id=0):
        accept(hash_of(link), password=PASSWORD, name="Ivy")


@pytest.mark.parametrize("who", ["another partner's", "support staff", "a second address of somebody"])
def test_an_address_in_use_elsewhere_is_told_to_whoever_opens_the_link_only(
    admin: Account, partner: Partner, who: str
) -> None:
    if who == "another partner's":
        make_account(email=NEW)
    elif who == "support staff":
        make_support(NEW)
    else:
        EmailAddress.objects.create(user=make_account(), email=NEW, verified=True)
    _, link = make_invitation(partner, by=admin, email=NEW)
    with refused(EmailInUse, partner):
        accept(hash_of(link), password=PASSWORD, name="Ivy")


@pytest.mark.parametrize("password", ["short", "password1234", NEW])
def test_the_validators_judge_the_password(admin: Account, partner: Partner, password: str) -> None:
    _, link = make_invitation(partner, by=admin, email=NEW)
    with nothing_changes(partner), pytest.raises(ValidationError):
        accept(hash_of(link), password=password, name="Ivy")


def test_support_invites_a_first_admin(partner: Partner) -> None:
    """R25: in the scope of support's own site."""
    support = make_support()
    with support_scope():
        invite(partner, email=NEW, name="Ivy", role=Role.ADMIN, companies=[], by=support)
    assert "Support (support) invites you to Northwind" in mail.outbox[-1].body
    account = accept(hash_of(link_in_mail()), password=PASSWORD, name="Ivy")
    assert (account.partner, account.role) == (partner, Role.ADMIN)


# The database


def _seen(by: AbstractContextManager[None]) -> list[int]:
    with by, connection.cursor() as cursor:
        cursor.execute("SELECT partner_id FROM accounts_invitation ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


@contextmanager
def _viewing(partner: Partner) -> Iterator[None]:
    with sign_in_scope():
        enter_viewer(partner.pk)
        yield


def test_r23_another_partners_invitations_are_not_seen(admin: Account, partner: Partner) -> None:
    stranger = make_account()
    assert stranger.partner is not None
    make_invitation(partner, by=admin)
    make_invitation(stranger.partner)
    both = [partner.pk, stranger.partner.pk]
    assert _seen(partner_scope(partner.pk)) == [partner.pk]
    assert _seen(partner_scope(0)) == []
    assert _seen(_viewing(partner)) == [partner.pk]
    assert _seen(support_scope()) == both
    assert _seen(sign_in_scope()) == both


@pytest.mark.parametrize(
    "statement",
    ["UPDATE accounts_invitation SET token_hash = 'x'", "DELETE FROM accounts_invitation"],
)
def test_r23_before_a_partner_is_known_no_invitation_is_changed(
    admin: Account, partner: Partner, statement: str
) -> None:
    make_invitation(partner, by=admin)
    before = facts(partner)
    with pytest.raises(ProgrammingError, match="permission denied"), sign_in_scope(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert facts(partner) == before


# The pages


def opened(client: Client, link: str) -> Page:
    return Page(client.get(link, follow=True))


def test_the_page_says_who_invites_whom_to_what(client: Client, admin: Account, partner: Partner) -> None:
    _, link = make_invitation(partner, by=admin, email=NEW, role=Role.TECHNICIAN)
    page = opened(client, link)
    assert page.texts("h1") == ["Join Northwind"]
    assert "Ada invites you to Northwind , as Technician." in page.one(class_="sign-in-lead").text
    assert page.one(id="id_email")["value"] == NEW
    assert page.value("name") == "Ivy"


def test_the_token_is_left_behind_at_once(
    client: Client, admin: Account, partner: Partner, caplog: pytest.LogCaptureFixture
) -> None:
    """No Referer, no log and no session of ours holds it, whatever is done on the page."""
    _, link = make_invitation(partner, by=admin)
    token = link.split("/")[-2]
    with caplog.at_level(logging.DEBUG, "django.request"):
        response = client.get(link)
        assert (response.status_code, response["Location"]) == (302, ACCEPT)
        page = client.get(ACCEPT)
        assert client.post(ACCEPT, {"name": "Ivy", "password": "short"}).status_code == 422
    assert page["Referrer-Policy"] == "same-origin"
    assert token not in page.text
    assert token not in str(dict(client.session))
    assert "Unprocessable" in caplog.text
    assert token not in caplog.text


def test_accepting_signs_in_and_leads_home(client: Client, admin: Account, partner: Partner) -> None:
    _, link = make_invitation(partner, by=admin, email=NEW)
    opened(client, link)
    response = client.post(ACCEPT, {"name": "Ivy", "password": PASSWORD}, follow=True)
    assert response.redirect_chain == [("/", 302)]
    account = Account.objects.get(email=NEW)
    assert account.last_login is not None
    assert UserSession.objects.filter(user=account).count() == 1
    assert acts(account.partner)[-1][0] == "signed_in"  # type: ignore[arg-type]
    assert client.get(ACCEPT).status_code == 404


def test_where_everybody_needs_a_second_factor_accepting_leads_there(
    client: Client, admin: Account, partner: Partner, settings: Settings
) -> None:
    settings.REQUIRE_MFA = True
    _, link = make_invitation(partner, by=admin)
    opened(client, link)
    response = client.post(ACCEPT, {"name": "Ivy", "password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/2fa/set-up/")


def test_a_refusal_keeps_the_name_and_says_what_is_wrong(client: Client, admin: Account, partner: Partner) -> None:
    _, link = make_invitation(partner, by=admin)
    opened(client, link)
    with nothing_changes(partner):
        response = client.post(ACCEPT, {"name": "Ivy Lee", "password": "short"})
    page = Page(response)
    assert (response.status_code, page.alert.text) == (422, "Nothing was saved. Correct the marked fields.")
    assert page.value("name") == "Ivy Lee"
    assert page.value("password") == ""
    assert page.errors("password") == ["This password is too short. It must contain at least 12 characters."]


def test_empty_fields_are_named(client: Client, admin: Account, partner: Partner) -> None:
    _, link = make_invitation(partner, by=admin)
    opened(client, link)
    page = Page(client.post(ACCEPT))
    assert (page.errors("name"), page.errors("password")) == (["Fill this in."], ["Fill this in."])


def test_an_address_in_use_is_told_on_the_page(client: Client, admin: Account, partner: Partner) -> None:
    make_account(email=NEW)
    _, link = make_invitation(partner, by=admin, email=NEW)
    opened(client, link)
    with nothing_changes(partner):
        response = client.post(ACCEPT, {"name": "Ivy", "password": PASSWORD})
    assert response.status_code == 422
    assert Page(response).alert.text.startswith("This e-mail signs in to another account already.")


def _spoil(how: str, invitation: Invitation, link: str) -> str:
    if how == "used":
        accept(hash_of(link), password=PASSWORD, name="Ivy")
    elif how == "withdrawn":
        withdraw_invitation(invitation, by=invitation.by_account or make_support())
    elif how == "made anew":
        invite_again(invitation, by=invitation.by_account or make_support())
    elif how == "expired":
        Invitation.objects.filter(pk=invitation.pk).update(expires_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    return link if how != "unknown" else "/accounts/invitation/never-was/"


@pytest.mark.parametrize("how", ["used", "withdrawn", "made anew", "expired", "unknown"])
def test_one_answer_for_every_link_that_does_not_work(
    client: Client, admin: Account, partner: Partner, how: str
) -> None:
    link = _spoil(how, *make_invitation(partner, by=admin))
    response = client.get(link)
    assert response.status_code == 404
    assert Page(response).texts("h1") == [GONE]
    assert client.get(ACCEPT).status_code == 404


@pytest.mark.parametrize("how", ["used", "withdrawn", "made anew", "expired"])
def test_a_page_that_was_open_meanwhile_is_of_no_use_either(
    client: Client, admin: Account, partner: Partner, how: str
) -> None:
    invitation, link = make_invitation(partner, by=admin)
    opened(client, link)
    _spoil(how, invitation, link)
    with nothing_changes(partner):
        response = client.post(ACCEPT, {"name": "Ivy", "password": PASSWORD})
    assert (response.status_code, Page(response).texts("h1")) == (404, [GONE])


def test_whoever_is_signed_in_is_told_to_sign_out_first(client: Client, admin: Account, partner: Partner) -> None:
    _, link = make_invitation(partner, by=admin, email=NEW)
    sign_in(client, admin)
    page = opened(client, link)
    assert page.texts("h1")[-1] == "Sign out first"
    assert f"You are signed in as {admin.email} , and this invitation is for {NEW} ." in page.text
    with nothing_changes(partner):
        assert client.post(ACCEPT, {"name": "Ivy", "password": PASSWORD}).status_code == 422


def test_whoever_tries_tokens_is_stopped(client: Client) -> None:
    """By network address: whether a token is right is not looked at any more."""
    statuses = [client.get(f"/accounts/invitation/{number}/").status_code for number in range(31)]
    assert statuses == [404] * 30 + [429]


def test_looking_at_the_link_changes_nothing(client: Client, admin: Account, partner: Partner) -> None:
    """Programs that check mail open links, too."""
    _, link = make_invitation(partner, by=admin)
    with nothing_changes(partner):
        client.head(link)
        opened(client, link)
        opened(Client(), link)
    assert invitation_of(hash_of(link)).is_open


def test_the_link_goes_to_the_host_by_which_the_portal_is_reached(client: Client, admin: Account) -> None:
    """And to none that is made up: a Host that is not ours is refused at the door."""
    sign_in(client, admin)
    fields = {"email": NEW, "name": "Ivy", "role": "billing"}
    assert client.post("/colleagues/invite/", fields, headers={"host": "evil.example"}).status_code == 400
    assert mail.outbox == []
    client.post("/colleagues/invite/", fields, headers={"host": "localhost:8000"})
    assert f"http://localhost:8000{link_in_mail()}" in mail.outbox[-1].body
