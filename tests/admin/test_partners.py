"""Support staff open partners, change what was agreed, let them in and out, and invite their Admins (R15, R25)."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from companies.audit.models import AuditEvent
from companies.audit.queries import events_of_partner, lines_of
from companies.partners.models import Partner, Terms
from tests.factories import make_account, make_company, make_invitation, make_partner, make_support, sign_in
from tests.facts import nothing_changes
from users.accounts.enums import Role
from users.accounts.models import Account, Invitation

pytestmark = pytest.mark.django_db

ADD = "/admin/partners/partner/add/"
TERMS = {"time_zone": "UTC", "currency": "EUR", "price_standard": "4.00", "price_advanced": "7.00"}
OPEN = {
    "name": "Northwind",
    "time_zone": "Pacific/Auckland",
    "currency": "USD",
    "price_standard": "3.50",
    "price_advanced": "6",
    "admin_name": "Ann Lee",
    "admin_email": "Ann@Northwind.example",
    "reason": "Ticket 7",
}


def change_page(partner: Partner) -> str:
    return reverse("admin:partners_partner_change", args=[partner.pk])


def run(client: Client, row: Partner | Invitation, rule: str, **posted: Any) -> Any:
    """Choose the action on the change form, then fill in the page that it leads to."""
    model = row._meta.model_name
    change = reverse(f"admin:{row._meta.app_label}_{model}_change", args=[row.pk])
    chosen = client.post(change, {"CHANGE_FORM-action": rule, "_selected_action": row.pk, "index": "0"})
    assert chosen.status_code == 302
    assert client.get(chosen["Location"]).status_code == 200
    return client.post(chosen["Location"], {"reason": "Ticket 7"} | posted)


def refused(response: Any, text: str) -> None:
    assert response.status_code == 422
    assert response.text.count('role="alert"') == 1
    assert text in response.text


def told(partner: Partner) -> list[tuple[str, str, str]]:
    """What the partner's own audit says, oldest first, by whom and why."""
    events = list(events_of_partner(partner).filter(company=None))
    return [(line.text, line.who, line.event.reason) for line in reversed(lines_of(events))]


def test_a_partner_is_opened_and_its_first_admin_invited(client: Client, support: Account) -> None:
    assert client.get(ADD).status_code == 200
    response = client.post(ADD, OPEN)

    partner = Partner.objects.get()
    assert response["Location"] == change_page(partner)
    assert (partner.name, partner.time_zone, partner.currency) == ("Northwind", "Pacific/Auckland", "USD")
    assert (partner.price_standard, partner.price_advanced, partner.access_ends_at) == (
        Decimal("3.50"),
        Decimal(6),
        None,
    )
    assert Terms.objects.get(partner=partner).price_standard == Decimal("3.50")
    invitation = Invitation.objects.get(partner=partner)
    assert (invitation.email, invitation.name, invitation.role) == ("ann@northwind.example", "Ann Lee", Role.ADMIN)
    assert (invitation.by_account, invitation.is_open) == (support, True)
    assert [message.to for message in mail.outbox] == [["ann@northwind.example"]]
    assert not Account.objects.filter(is_staff=False).exists()
    assert told(partner) == [
        ("Partner opened", "Support: Support", "Ticket 7"),
        ("Ann Lee (ann@northwind.example) invited as Admin", "Support: Support", "Ticket 7"),
    ]
    page = client.get(change_page(partner)).text
    assert "Northwind was opened, and ann@northwind.example invited." in page
    assert invitation.token_hash not in page


def test_prices_are_0_unless_agreed(client: Client, support: Account) -> None:
    form = client.get(ADD).text
    assert len(re.findall(r'name="price_(?:standard|advanced)" value="0"', form)) == 2


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"name": "  TAKEN "}, "A partner named “TAKEN” exists already."),
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 151}, "at most 150 characters"),
        ({"name": "a\u202eb"}, "Take out the control characters."),
        ({"time_zone": "Mars/Base"}, "Select a valid choice."),
        ({"currency": "XXX"}, "Select a valid choice."),
        ({"price_standard": "-1"}, "greater than or equal to 0"),
        ({"price_standard": "1.234"}, "no more than 2 decimal places"),
        ({"price_standard": "99999999"}, "no more than 7 digits before the decimal point"),
        ({"price_standard": ""}, "This field is required."),
        ({"admin_name": "\u200b"}, "This field is required."),
        ({"admin_email": "nobody"}, "This is not an e-mail address."),
        ({"admin_email": ""}, "This field is required."),
        ({"reason": ""}, "This field is required."),
        ({"reason": "\u200b"}, "Fill this in."),
    ],
)
def test_a_partner_that_cannot_be_is_not_opened(
    client: Client, support: Account, wrong: dict[str, str], text: str
) -> None:
    """All or nothing: no partner without its Admin, and nobody is written to."""
    taken = make_partner("Taken")
    with nothing_changes(taken):
        refused(client.post(ADD, OPEN | wrong), text)
    assert list(Partner.objects.all()) == [taken]
    assert not Invitation.objects.exists()
    assert mail.outbox == []


def test_name_and_terms_are_changed_and_those_of_the_past_are_kept(client: Client, support: Account) -> None:
    """R15: a change counts from now on."""
    partner = make_partner("Northwind")
    posted = TERMS | {"name": "Northwind Traders", "price_standard": "5"}
    response = run(client, partner, "ChangePartner", **posted)
    assert response["Location"] == change_page(partner)

    html = client.get(change_page(partner)).text
    assert "The partner was changed." in html
    assert re.findall(r"<td><p>(\d+\.\d\d)</p></td>", html) == ["5.00", "7.00", "4.00", "7.00"]
    assert [terms.price_standard for terms in Terms.objects.order_by("since")] == [4, 5]
    assert told(partner) == [("Partner changed: name, price of Standard", "Support: Support", "Ticket 7")]
    with nothing_changes(partner):
        again = client.get(run(client, partner, "ChangePartner", **posted)["Location"])
    assert "Nothing to change" in again.text


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"name": "TAKEN"}, "A partner named “TAKEN” exists already."),
        ({"time_zone": "Mars/Base"}, "Select a valid choice."),
        ({"price_standard": "-1"}, "greater than or equal to 0"),
        ({"reason": " "}, "This field is required."),
    ],
)
def test_what_a_partner_cannot_be_it_does_not_become(
    client: Client, support: Account, wrong: dict[str, str], text: str
) -> None:
    partner = make_partner("Northwind")
    make_partner("Taken")
    with nothing_changes(partner):
        refused(run(client, partner, "ChangePartner", **(TERMS | {"name": "Northwind"} | wrong)), text)
    partner.refresh_from_db()
    assert (partner.name, partner.time_zone, partner.price_standard) == ("Northwind", "UTC", Decimal(4))


def test_a_partners_own_name_in_another_case_is_free(client: Client, support: Account) -> None:
    partner = make_partner("Northwind")
    run(client, partner, "ChangePartner", **(TERMS | {"name": "NorthWind"}))
    partner.refresh_from_db()
    assert partner.name == "NorthWind"


def test_access_is_ended_and_given_again(client: Client, support: Account) -> None:
    """Its people are out at once; nothing of what they have is touched."""
    partner = make_partner("Northwind")
    make_company(partner)
    staff = Client()
    sign_in(staff, make_account(partner))
    assert staff.get("/companies/").status_code == 200

    response = run(client, partner, "ChangeAccess", ends="now")
    assert "The access of Northwind has ended." in client.get(response["Location"]).text
    partner.refresh_from_db()
    assert partner.has_access is False
    assert staff.get("/companies/").status_code == 403

    assert run(client, partner, "ChangeAccess", ends="never").status_code == 302
    partner.refresh_from_db()
    assert partner.access_ends_at is None
    assert staff.get("/companies/").status_code == 200
    texts = [text for text, _who, _why in told(partner)]
    assert texts[0].startswith("Access of the partner ends on ")
    assert texts[-1] == "Access of the partner is without end"
    with nothing_changes(partner):
        assert run(client, partner, "ChangeAccess", ends="never").status_code == 302


def test_access_ends_with_a_day_of_the_partners_own(client: Client, support: Account) -> None:
    partner = make_partner()
    Partner.objects.filter(pk=partner.pk).update(time_zone="Pacific/Auckland")
    run(client, partner, "ChangeAccess", ends="on", day="2199-12-01")
    partner.refresh_from_db()
    assert partner.access_ends_at == dt.datetime(2199, 11, 30, 11, tzinfo=dt.UTC)
    event = AuditEvent.objects.get(partner=partner)
    assert (event.act, event.data) == ("access_changed", {"until": "2199-12-01T00:00:00+13:00"})
    assert told(partner) == [("Access of the partner ends on Dec. 1, 2199", "Support: Support", "Ticket 7")]
    page = client.get(reverse("admin:partners_partner_rule", args=["ChangeAccess"]) + f"?ids={partner.pk}").text
    assert "Access ends on Dec. 1, 2199, midnight (Pacific/Auckland)." in page


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"ends": "on", "day": ""}, "Fill this in."),
        ({"ends": "on", "day": "2001-01-01"}, "Choose a day to come."),
        ({"ends": "on", "day": "9999-12-31"}, "Choose a day to come."),
        ({"ends": "on", "day": "soon"}, "Enter a valid date."),
        ({"ends": "later"}, "Select a valid choice."),
        ({"ends": "now", "reason": ""}, "This field is required."),
    ],
)
def test_access_that_makes_no_sense_is_refused(
    client: Client, support: Account, wrong: dict[str, str], text: str
) -> None:
    partner = make_partner()
    with nothing_changes(partner):
        refused(run(client, partner, "ChangeAccess", **wrong), text)
    partner.refresh_from_db()
    assert partner.access_ends_at is None


def test_today_is_no_day_to_come(client: Client, support: Account) -> None:
    partner = make_partner()
    with nothing_changes(partner):
        today = timezone.now().date().isoformat()
        refused(run(client, partner, "ChangeAccess", ends="on", day=today), "Choose a day to come.")


def test_one_more_admin_is_invited_and_the_invitation_withdrawn(client: Client, support: Account) -> None:
    partner = make_partner("Northwind")
    run(client, partner, "InviteAdmin", admin_name="Ann Lee", admin_email="ann@northwind.example")
    invitation = Invitation.objects.get(partner=partner)
    assert (invitation.email, invitation.role, invitation.by_account) == ("ann@northwind.example", "admin", support)

    response = run(client, invitation, "WithdrawInvitation")
    assert "The invitation of ann@northwind.example was withdrawn." in client.get(response["Location"]).text
    invitation.refresh_from_db()
    assert invitation.is_open is False
    assert told(partner) == [
        ("Ann Lee (ann@northwind.example) invited as Admin", "Support: Support", "Ticket 7"),
        ("Invitation of Ann Lee (ann@northwind.example) withdrawn", "Support: Support", "Ticket 7"),
    ]


def test_a_colleague_is_not_invited(client: Client, support: Account) -> None:
    partner = make_partner()
    make_account(partner, email="ann@northwind.example")
    with nothing_changes(partner):
        posted = {"admin_name": "Ann", "admin_email": "ANN@northwind.example"}
        refused(run(client, partner, "InviteAdmin", **posted), "ann@northwind.example is a colleague already.")
    assert mail.outbox == []


def test_an_accepted_invitation_is_not_withdrawn(client: Client, support: Account) -> None:
    partner = make_partner()
    invitation, _link = make_invitation(partner)
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=timezone.now())
    with nothing_changes(partner):
        refused(run(client, invitation, "WithdrawInvitation"), "This invitation is no longer valid.")


def test_a_partners_page_shows_what_belongs_to_it_and_nothing_of_others(client: Client, support: Account) -> None:
    """Its terms, invitations, and what was done: by its accounts and by support, not in its companies."""
    partner = make_partner("Northwind")
    make_company(partner, name="Fabrikam")
    invitation, _link = make_invitation(partner, by=make_account(partner))
    other, _link = make_invitation(make_partner("Contoso"))
    run(client, partner, "ChangeAccess", ends="now")
    page = client.get(change_page(partner)).text
    for text in (invitation.email, "Ivy", "invited as Read-only", "Access of the partner ends on", "latest first"):
        assert text in page
    for text in (other.email, "Fabrikam", "Company opened", invitation.token_hash):
        assert text not in page


def test_partners_are_found_by_whether_they_have_access(client: Client, support: Account) -> None:
    make_partner("Northwind")
    gone = make_partner("Contoso")
    Partner.objects.filter(pk=gone.pk).update(access_ends_at=timezone.now())
    page = reverse("admin:partners_partner_changelist")
    found = {state: client.get(page, {"access": state}).text for state in ("", "open", "ended")}
    assert {state: ("Northwind" in text, "Contoso" in text) for state, text in found.items()} == {
        "": (True, True),
        "open": (True, False),
        "ended": (False, True),
    }


def test_support_staff_open_partners_in_their_own_name(client: Client) -> None:
    """R25"""
    sam = make_support("sam@vendor.example")
    Account.objects.filter(pk=sam.pk).update(name="Sam Porter")
    sign_in(client, sam)
    client.post(ADD, OPEN)
    assert {who for _text, who, _why in told(Partner.objects.get())} == {"Support: Sam Porter"}
