"""Support staff look after sign-ins; superusers after those of support staff (R24, R25)."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.urls import reverse

from companies.audit.models import AuditEvent
from companies.audit.queries import lines_of
from companies.partners.models import Partner
from tests.factories import give, make_account, make_company, make_partner, make_support, sign_in
from tests.facts import nothing_changes
from users.accounts.enums import Role
from users.accounts.groups import READER, SUPPORT
from users.accounts.models import Account, Assignment

pytestmark = pytest.mark.django_db

ADD = "/admin/accounts/account/add/"
CLERK = {"email": "Clerk@Vendor.example", "name": "Clerk", "reason": "Ticket 7"}


def change_page(account: Account) -> str:
    return reverse("admin:accounts_account_change", args=[account.pk])


def rule_page(account: Account, rule: str) -> str:
    return reverse("admin:accounts_account_rule", args=[rule]) + f"?ids={account.pk}"


def run(client: Client, account: Account, rule: str, **posted: Any) -> Any:
    assert client.get(rule_page(account, rule)).status_code == 200
    return client.post(rule_page(account, rule), {"reason": "Ticket 7"} | posted)


def refused(response: Any, text: str) -> None:
    assert response.status_code == 422
    assert response.text.count('role="alert"') == 1
    assert text in response.text


def told(partner: Partner | None) -> list[tuple[str, str, str]]:
    """What the partner's audit says of itself, or support's own, oldest first, by whom and why."""
    events = AuditEvent.objects.filter(partner=partner, company=None, outcome="done").order_by("id")
    lines = lines_of(list(events.select_related("partner", "company", "by_account", "by_connector")))
    return [(line.text, line.who, line.event.reason) for line in lines]


def rules_offered(client: Client, account: Account) -> set[str]:
    page = client.get(change_page(account)).text
    rules = ("ResetFactors", "ChangeSignIn", "ChangeRole", "WithdrawAccount", "ChangeSupport")
    return {rule for rule in rules if f'value="{rule}"' in page}


@pytest.fixture
def clerk(client: Client) -> Account:
    """Somebody of the group Support, no superuser, who signed in just now."""
    account = Account.objects.create_user("clerk@vendor.example", "x" * 20, name="Clerk", is_staff=True, role="")
    account.groups.set([Group.objects.get(name=SUPPORT)])
    sign_in(client, account)
    return account


def with_factors(account: Account) -> Account:
    """An app, and recovery codes."""
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=account, type=kind, data={"secret": "not-to-be-seen"})
    return account


def test_lost_second_factors_are_taken_away_and_the_account_is_told(client: Client, clerk: Account) -> None:
    account, other = with_factors(make_account(name="Ann")), with_factors(make_account())
    theirs, others = Client(), Client()
    sign_in(theirs, account)
    sign_in(others, other)
    assert theirs.get("/companies/").status_code == 200

    response = run(client, account, "ResetFactors")

    page = client.get(response["Location"]).text
    assert f"1 second factor was taken away. {account.email} is signed out everywhere, and told by mail." in page
    assert list(Authenticator.objects.values_list("user", flat=True)) == [other.pk, other.pk]
    assert theirs.get("/companies/").status_code == 302
    assert others.get("/companies/").status_code == 200
    [message] = mail.outbox
    assert (message.to, message.subject) == ([account.email], "[Partner Portal] Your second factor was taken away")
    assert "The portal's support took away the second factors" in message.body
    assert "If you did not expect this" in message.body
    assert told(account.partner) == [("1 second factor of Ann taken away", "Support: Clerk", "Ticket 7")]


def test_what_second_factors_there_are_is_shown_and_nothing_of_them(client: Client, clerk: Account) -> None:
    account = with_factors(make_account())
    page = client.get(change_page(account)).text
    assert "Authenticator app (" in page
    assert "Recovery codes (" in page
    assert "not-to-be-seen" not in page


@pytest.mark.parametrize("rule", ["ResetFactors", "ChangeSignIn"])
def test_nobody_helps_themselves(client: Client, support: Account, rule: str) -> None:
    """Not even a superuser: a stolen sign-in would do away with the factor that it lacks."""
    with_factors(support)
    posted = {"reason": "x", "name": "New", "email": "new@vendor.example"}
    assert client.get(rule_page(support, rule)).status_code == 403
    assert client.post(rule_page(support, rule), posted).status_code == 403
    assert Authenticator.objects.filter(user=support).count() == 2
    assert mail.outbox == []
    assert told(None) == []
    support.refresh_from_db()
    assert support.name == "Support"


@pytest.mark.parametrize("rule", ["ResetFactors", "ChangeSignIn", "ChangeSupport", "WithdrawAccount", "ChangeRole"])
def test_support_does_not_touch_support_staff(client: Client, clerk: Account, rule: str) -> None:
    boss = with_factors(make_support())
    posted = {"reason": "x", "name": "New", "email": "new@vendor.example", "is_superuser": "on", "role": "admin"}
    posted["groups"] = str(Group.objects.get(name=SUPPORT).pk)
    for target in (boss, clerk):
        before = Account.objects.filter(pk=target.pk).values().get()
        assert client.get(rule_page(target, rule)).status_code == 403
        assert client.post(rule_page(target, rule), posted).status_code == 403
        assert Account.objects.filter(pk=target.pk).values().get() == before
        assert rules_offered(client, target) == set()
    assert Authenticator.objects.filter(user=boss).count() == 2
    assert list(clerk.groups.values_list("name", flat=True)) == [SUPPORT]
    assert (told(None), mail.outbox) == ([], [])


def test_support_makes_no_support_staff(client: Client, clerk: Account) -> None:
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, CLERK | {"email": "new@vendor.example", "is_superuser": "on"}).status_code == 403
    assert Account.objects.count() == 1


def test_a_superuser_helps_support_staff(client: Client, support: Account) -> None:
    """Support's own audit tells of it, no partner's."""
    colleague = with_factors(make_support("sam@vendor.example"))
    run(client, colleague, "ResetFactors")
    run(client, colleague, "ChangeSignIn", name="Sam Porter", email="sam@vendor.example")
    assert not Authenticator.objects.exists()
    assert [text for text, _who, _why in told(None)] == [
        "1 second factor of Sam Porter taken away",
        "Account of Sam Porter changed: name",
    ]


def test_a_new_e_mail_has_to_be_proved(client: Client, clerk: Account) -> None:
    account = make_account(email="ann@old.example", name="Ann")
    response = run(client, account, "ChangeSignIn", name=" Ann  Lee ", email="Ann@New.example")
    assert "It has to prove its new e-mail at the next sign-in." in client.get(response["Location"]).text
    account.refresh_from_db()
    assert (account.name, account.email) == ("Ann Lee", "ann@new.example")
    address = EmailAddress.objects.get(user=account)
    assert (address.email, address.verified, address.primary) == ("ann@new.example", False, True)
    assert [message.to for message in mail.outbox] == [["ann@old.example"], ["ann@new.example"]]
    assert all("you sign in with ann@new.example" in message.body for message in mail.outbox)
    assert told(account.partner) == [
        ("Account of Ann Lee changed: name", "Support: Clerk", "Ticket 7"),
        ("E-mail of Ann Lee changed", "Support: Clerk", "Ticket 7"),
    ]


def test_the_same_name_and_e_mail_write_nothing(client: Client, clerk: Account) -> None:
    account = make_account(name="Ann")
    with nothing_changes(account.partner or make_partner()):
        response = run(client, account, "ChangeSignIn", name="Ann", email=account.email.upper())
    assert "Nothing to change" in client.get(response["Location"]).text
    assert (EmailAddress.objects.get(user=account).verified, mail.outbox) == (True, [])


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"email": "TAKEN@partner.example"}, "An account with this e-mail exists already."),
        ({"email": "nobody"}, "This is not an e-mail address."),
        ({"email": "ann@host"}, "This is not an e-mail address."),
        ({"email": ""}, "This field is required."),
        ({"name": "\u200b"}, "This field is required."),
        ({"reason": ""}, "This field is required."),
    ],
)
def test_a_sign_in_that_cannot_be_is_refused(client: Client, clerk: Account, wrong: dict[str, str], text: str) -> None:
    account = make_account(name="Ann", email="ann@partner.example")
    make_account(email="taken@partner.example")
    with nothing_changes(account.partner or make_partner()):
        refused(run(client, account, "ChangeSignIn", **({"name": "Ann", "email": "new@b.example"} | wrong)), text)
    assert mail.outbox == []


@pytest.mark.parametrize("rule", ["ResetFactors", "ChangeSignIn", "ChangeRole"])
def test_a_withdrawn_account_is_changed_no_more(client: Client, clerk: Account, rule: str) -> None:
    """R2"""
    account = make_account(name="Ann")
    Account.objects.filter(pk=account.pk).update(is_active=False)
    with nothing_changes(account.partner or make_partner()):
        posted = {"name": "New", "email": "new@partner.example", "role": "billing"}
        refused(run(client, account, rule, **posted), "This account was withdrawn.")
    assert mail.outbox == []


def test_a_role_is_changed(client: Client, clerk: Account) -> None:
    """R24: what a Technician was given stays as long as it is one."""
    admin = make_account()
    account = make_account(admin.partner, role=Role.TECHNICIAN, name="Ann")
    company = make_company(admin.partner)
    give(account, company)
    with nothing_changes(admin.partner or make_partner()):
        run(client, account, "ChangeRole", role="technician")
    response = run(client, account, "ChangeRole", role="billing")
    assert "Ann is Billing now." in client.get(response["Location"]).text
    account.refresh_from_db()
    assert (account.role, Assignment.objects.exists()) == ("billing", False)
    assert ("Account of Ann changed: role from Technician to Billing", "Support: Clerk", "Ticket 7") in told(
        admin.partner
    )


def test_an_account_is_withdrawn(client: Client, clerk: Account) -> None:
    """R2: marked, never deleted; its e-mail is free."""
    admin = make_account()
    account = make_account(admin.partner, role=Role.BILLING, name="Ann")
    theirs = Client()
    sign_in(theirs, account)
    response = run(client, account, "WithdrawAccount")
    assert "The account of Ann was withdrawn." in client.get(response["Location"]).text
    account.refresh_from_db()
    assert (account.is_active, EmailAddress.objects.filter(user=account).exists()) == (False, False)
    assert theirs.get("/companies/").status_code == 302
    assert told(admin.partner) == [("Account of Ann withdrawn; its role was Billing", "Support: Clerk", "Ticket 7")]


@pytest.mark.parametrize(("rule", "posted"), [("WithdrawAccount", {}), ("ChangeRole", {"role": "billing"})])
def test_r24_the_last_admin_stays(client: Client, clerk: Account, rule: str, posted: dict[str, str]) -> None:
    account = make_account()
    with nothing_changes(account.partner or make_partner()):
        refused(run(client, account, rule, **posted), "This is the last Admin.")
    assert mail.outbox == []


def test_support_staff_are_made_without_a_password(client: Client, support: Account) -> None:
    """Whoever reads the mail sets one."""
    assert client.get(ADD).status_code == 200
    reader = Group.objects.get(name=READER)
    response = client.post(ADD, CLERK | {"groups": [reader.pk]})
    account = Account.objects.get(email="clerk@vendor.example")
    assert response["Location"] == reverse("admin:accounts_account_changelist")
    assert (account.partner, account.role, account.is_staff, account.is_superuser) == (None, "", True, False)
    assert (account.has_usable_password(), list(account.groups.all())) == (False, [reader])
    [message] = mail.outbox
    assert message.to == ["clerk@vendor.example"]
    assert "http://testserver/accounts/password/reset/" in message.body
    assert told(None) == [("Account of Clerk created as support staff", "Support: Support", "Ticket 7")]

    # The person follows the mail.
    visitor = Client()
    mail.outbox.clear()
    visitor.post("/accounts/password/reset/", {"email": "clerk@vendor.example"})
    assert [message.to for message in mail.outbox] == [["clerk@vendor.example"]]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"email": "TAKEN@partner.example"}, "An account with this e-mail exists already."),
        ({"email": "nobody"}, "This is not an e-mail address."),
        ({"name": ""}, "This field is required."),
        ({"groups": "0"}, "is not one of the available choices"),
        ({"reason": " "}, "This field is required."),
    ],
)
def test_support_staff_that_cannot_be_are_not_made(
    client: Client, support: Account, wrong: dict[str, str], text: str
) -> None:
    make_account(email="taken@partner.example")
    refused(client.post(ADD, CLERK | wrong), text)
    assert Account.objects.count() == 2
    assert (told(None), mail.outbox) == ([], [])


def test_the_address_of_a_withdrawn_account_is_free(client: Client, support: Account) -> None:
    """R2"""
    former = make_account(email="clerk@vendor.example")
    Account.objects.filter(pk=former.pk).update(is_active=False)
    assert client.post(ADD, CLERK).status_code == 302
    assert Account.objects.filter(email="clerk@vendor.example", is_active=True).get().is_staff


def test_what_support_staff_may_do_is_changed(client: Client, support: Account) -> None:
    colleague = make_support("sam@vendor.example")
    Account.objects.filter(pk=colleague.pk).update(name="Sam")
    theirs = Client()
    sign_in(theirs, colleague)
    reader = Group.objects.get(name=READER)

    run(client, colleague, "ChangeSupport", groups=[reader.pk], is_active="on")
    colleague.refresh_from_db()
    assert (colleague.is_superuser, list(colleague.groups.all())) == (False, [reader])
    assert theirs.get("/admin/").status_code == 200

    run(client, colleague, "ChangeSupport", groups=[reader.pk])
    assert not Account.objects.filter(pk=colleague.pk, is_active=True).exists()
    assert not EmailAddress.objects.filter(user=colleague).exists()
    assert theirs.get("/admin/").status_code == 302

    run(client, colleague, "ChangeSupport", groups=[reader.pk], is_active="on")
    assert Account.objects.filter(pk=colleague.pk, is_active=True).exists()
    assert EmailAddress.objects.get(user=colleague).email == "sam@vendor.example"
    again = run(client, colleague, "ChangeSupport", groups=[reader.pk], is_active="on")
    assert "Nothing to change" in client.get(again["Location"]).text
    assert [text for text, _who, _why in told(None)] == [
        "Account of Sam changed: all permissions, groups",
        "Account of Sam changed: withdrawn",
        "Account of Sam changed: active again",
    ]


def test_an_address_that_was_given_away_is_not_taken_back(client: Client, support: Account) -> None:
    """R2"""
    colleague = make_support("sam@vendor.example")
    run(client, colleague, "ChangeSupport")
    other = make_account(email="sam@vendor.example")
    refused(run(client, colleague, "ChangeSupport", is_active="on"), "This e-mail signs in to another account already.")
    colleague.refresh_from_db()
    assert (colleague.is_active, EmailAddress.objects.get(email="sam@vendor.example").user) == (False, other)


def test_superusers_do_not_change_what_they_may_do_themselves(client: Client, support: Account) -> None:
    """So one is always left."""
    assert client.get(rule_page(support, "ChangeSupport")).status_code == 403
    assert client.post(rule_page(support, "ChangeSupport"), {"reason": "x"}).status_code == 403
    support.refresh_from_db()
    assert (support.is_superuser, support.is_active) == (True, True)


def test_the_rules_offered_are_those_that_fit(client: Client, support: Account) -> None:
    assert rules_offered(client, make_account()) == {"ResetFactors", "ChangeSignIn", "ChangeRole", "WithdrawAccount"}
    assert rules_offered(client, make_support()) == {"ResetFactors", "ChangeSignIn", "ChangeSupport"}
    assert rules_offered(client, support) == set()


def test_nobody_sets_a_password_for_somebody_else(client: Client, support: Account) -> None:
    """There is no page for it, and the page of an account takes nothing."""
    account = make_account()
    before = Account.objects.filter(pk=account.pk).values().get()
    posted = {"password1": "violet-harbour-7", "password2": "violet-harbour-7", "set-password": "1"}
    client.post(f"/admin/accounts/account/{account.pk}/password/", posted)
    assert client.post(change_page(account), posted | {"email": "x@x.example"}).status_code == 403
    assert Account.objects.filter(pk=account.pk).values().get() == before
    assert before["password"] not in client.get(change_page(account)).text


def test_an_accounts_page_shows_what_it_did_and_what_was_done_to_it(client: Client, support: Account) -> None:
    """Of its partner's audit; not of colleagues."""
    account, other = make_account(name="Ann"), make_account(name="Bob")
    for each in (account, other):
        run(client, each, "ChangeSignIn", name=f"{each.name} Lee", email=each.email)
    page = client.get(change_page(account)).text
    assert "Account of Ann Lee changed: name" in page
    assert "Bob" not in page
    company = make_company(account.partner, name="Fabrikam")
    give(account, company)
    assert "Fabrikam" in client.get(change_page(account)).text


def test_no_secret_is_in_the_audit(client: Client, support: Account) -> None:
    account = with_factors(make_account())
    run(client, account, "ResetFactors")
    client.post(ADD, CLERK)
    assert "not-to-be-seen" not in str(list(AuditEvent.objects.values()))
    assert "clerk@" not in str(list(AuditEvent.objects.values()))


def test_all_that_an_account_did_is_one_click_away(client: Client, clerk: Account) -> None:
    """Wherever it did it: for support staff, in the books of all partners. So for a partner: what was done for it."""
    account, other = make_account(name="Ann"), make_account(name="Bob")
    for each in (account, other):
        run(client, each, "ChangeSignIn", name=f"{each.name} Lee", email=each.email)
    history = client.get(reverse("admin:accounts_account_history", args=[clerk.pk]), follow=True)
    assert "e=1" not in history.redirect_chain[-1][0]
    assert history.redirect_chain[-1][0] in client.get(change_page(clerk)).text
    assert ("Ann Lee" in history.text, "Bob Lee" in history.text) == (True, True)
    of_partner = client.get(reverse("admin:partners_partner_history", args=[other.partner_id]), follow=True)
    assert "e=1" not in of_partner.redirect_chain[-1][0]
    assert ("Ann Lee" in of_partner.text, "Bob Lee" in of_partner.text) == (False, True)
