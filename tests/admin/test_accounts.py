"""Support staff make, change and withdraw sign-ins (R24, R25)."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from companies.audit.models import AuditEvent
from companies.audit.queries import events_of_partner, lines_of
from companies.partners.models import Partner
from tests.factories import make_account, make_partner, make_support
from users.accounts.enums import Role
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

ADD = "/admin/accounts/account/add/"
PASSWORDS = {"usable_password": "true", "password1": "violet-harbour-7", "password2": "violet-harbour-7"}


@pytest.fixture
def support(client: Client) -> Account:
    account = make_support()
    client.force_login(account)
    return account


def change_page(account: Account) -> str:
    return reverse("admin:accounts_account_change", args=[account.pk])


def test_a_partners_account_is_made_and_can_sign_in(client: Client, support: Account) -> None:
    partner = make_partner()
    posted = {"email": "Ann@Partner.Example", "name": "Ann", "partner": partner.pk, "role": "technician"} | PASSWORDS
    assert client.post(ADD, posted).status_code == 302
    account = Account.objects.get(email="ann@partner.example")
    assert (account.partner, account.role, account.is_staff, account.is_superuser) == (
        partner,
        "technician",
        False,
        False,
    )
    assert account.check_password("violet-harbour-7")


def test_support_staff_are_made(client: Client, support: Account) -> None:
    posted = {"email": "new@vendor.example", "name": "New", "is_staff": "on"} | PASSWORDS
    assert client.post(ADD, posted).status_code == 302
    account = Account.objects.get(email="new@vendor.example")
    assert (account.partner, account.role, account.is_staff) == (None, "", True)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"partner": ""}, "Needed, unless this is support staff."),
        ({"role": ""}, "Needed, unless this is support staff."),
        ({"is_staff": "on"}, "Support staff have no partner and no role."),
        ({"email": "TAKEN@partner.example"}, "exists already"),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"role": "owner"}, "Select a valid choice."),
        ({"password2": "other"}, "match"),
        ({"password1": "short", "password2": "short"}, "too short"),
    ],
)
def test_an_account_that_cannot_be_is_not_made(
    client: Client, support: Account, wrong: dict[str, str], text: str
) -> None:
    partner = make_partner()
    make_account(partner, email="taken@partner.example")
    posted = {"email": "ann@partner.example", "name": "Ann", "partner": partner.pk, "role": "admin"} | PASSWORDS
    response = client.post(ADD, posted | wrong)
    assert response.status_code == 200
    assert text in response.text
    assert "Constraint" not in response.text
    assert Account.objects.count() == 2


def test_role_and_state_are_changed(client: Client, support: Account) -> None:
    """R2: a withdrawn account is marked, not deleted."""
    account = make_account(role=Role.ADMIN)
    posted = {"email": account.email, "name": "Ann", "partner": str(account.partner_id), "role": "billing"}
    assert client.post(change_page(account), posted).status_code == 302
    account.refresh_from_db()
    assert (account.name, account.role, account.is_active) == ("Ann", Role.BILLING, False)
    assert client.post(reverse("admin:accounts_account_delete", args=[account.pk]), {"post": "yes"}).status_code == 403


def test_r23_an_account_stays_where_it_is(client: Client, support: Account) -> None:
    """R2, R23: what it did is in its partner's books."""
    account, other, colleague = make_account(), make_partner(), make_support()
    posted = {"email": account.email, "name": "Ann", "role": "admin", "is_active": "on"}
    for moved in ({"partner": str(other.pk)}, {"partner": "", "is_staff": "on"}):
        assert client.post(change_page(account), posted | moved).status_code == 302
    posted = {"email": colleague.email, "name": "Bob", "is_superuser": "on", "is_active": "on"}
    assert client.post(change_page(colleague), posted | {"partner": str(other.pk)}).status_code == 302
    partner = account.partner
    for changed in (account, colleague):
        changed.refresh_from_db()
    assert (account.name, account.partner, account.is_staff, account.role) == ("Ann", partner, False, Role.ADMIN)
    assert (colleague.name, colleague.partner, colleague.is_staff) == ("Bob", None, True)
    wrong = client.post(change_page(colleague), posted | {"role": "admin"})
    assert "Support staff have no partner and no role." in wrong.text


def test_a_password_is_set(client: Client, support: Account) -> None:
    account = make_account()
    page = reverse("admin:auth_user_password_change", args=[account.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, PASSWORDS | {"set-password": "1"}).status_code == 302
    account.refresh_from_db()
    assert account.check_password("violet-harbour-7")


def told(partner: Partner | None) -> list[tuple[str, str]]:
    """What the partner's audit says, oldest first, and by whom."""
    assert partner is not None
    return [(line.text, line.who) for line in reversed(lines_of(list(events_of_partner(partner))))]


def test_r25_what_support_does_to_an_account_is_in_its_partners_audit(client: Client, support: Account) -> None:
    partner = make_partner()
    made = {"email": "ann@partner.example", "name": "Ann", "partner": partner.pk, "role": "technician"} | PASSWORDS
    client.post(ADD, made)
    account = Account.objects.get(email="ann@partner.example")
    posted = {"email": "ann@partner.example", "name": "Ann", "role": "admin", "is_active": "on"}
    client.post(change_page(account), posted)
    client.post(change_page(account), posted)
    client.post(change_page(account), {"email": "ann@partner.example", "name": "Ann", "role": "admin"})
    password_page = reverse("admin:auth_user_password_change", args=[account.pk])
    client.post(password_page, PASSWORDS | {"set-password": "1", "password2": "other"})
    client.post(password_page, PASSWORDS | {"set-password": "1"})
    assert told(partner) == [
        ("Account of Ann created as Technician", "Support: Support"),
        ("Account of Ann changed: role from Technician to Admin", "Support: Support"),
        ("Account of Ann changed: withdrawn", "Support: Support"),
        ("Account of Ann changed: password", "Support: Support"),
    ]
    assert "violet" not in str(list(AuditEvent.objects.values()))


def test_accounts_of_support_staff_are_in_no_partners_audit(client: Client, support: Account) -> None:
    client.post(ADD, {"email": "new@vendor.example", "name": "New", "is_staff": "on"} | PASSWORDS)
    account = Account.objects.get(email="new@vendor.example")
    client.post(change_page(account), {"email": account.email, "name": "Newer", "is_active": "on", "is_staff": "on"})
    client.post(reverse("admin:auth_user_password_change", args=[account.pk]), PASSWORDS | {"set-password": "1"})
    assert not AuditEvent.objects.exists()


def test_only_superusers_touch_support_staff(client: Client) -> None:
    """Nobody gives themselves, or takes over an account with, more than they have."""
    clerk = Account.objects.create_user("clerk@vendor.example", "x" * 20, name="Clerk", is_staff=True, role="")
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    boss, account = make_support(), make_account()
    client.force_login(clerk)

    for target in (boss, clerk):
        posted = {"email": target.email, "name": "Changed", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
        assert client.post(change_page(target), posted).status_code == 403
        password_page = reverse("admin:auth_user_password_change", args=[target.pk])
        assert client.post(password_page, PASSWORDS | {"set-password": "1"}).status_code == 403
    posted = {
        "email": account.email,
        "name": "Ann",
        "partner": str(account.partner_id),
        "role": "admin",
        "is_active": "on",
    }
    assert client.post(change_page(account), posted | {"is_superuser": "on", "is_staff": "on"}).status_code == 302
    account.refresh_from_db()
    assert (account.name, account.is_staff, account.is_superuser) == ("Ann", False, False)
    made = {"email": "new@vendor.example", "name": "New", "is_staff": "on"} | PASSWORDS
    client.post(ADD, made)
    assert not Account.objects.filter(email="new@vendor.example").exists()


def test_partners_are_made_and_changed_but_not_deleted(client: Client, support: Account) -> None:
    posted = {
        "name": "Northwind",
        "time_zone": "Pacific/Auckland",
        "currency": "EUR",
        "price_standard": "3.50",
        "price_advanced": "6.00",
    }
    assert client.post(reverse("admin:partners_partner_add"), posted).status_code == 302
    partner = Partner.objects.get(name="Northwind")
    assert (partner.time_zone, str(partner.price_standard)) == ("Pacific/Auckland", "3.50")

    page = reverse("admin:partners_partner_change", args=[partner.pk])
    for wrong, text in [
        ({"time_zone": "Mars/Base"}, "Select a valid choice."),
        ({"price_standard": "-1"}, "price"),
        ({"currency": "XXX"}, "Select a valid choice."),
    ]:
        response = client.post(page, posted | wrong)
        assert (response.status_code, text in response.text) == (200, True)
    assert client.post(reverse("admin:partners_partner_delete", args=[partner.pk]), {"post": "yes"}).status_code == 403
