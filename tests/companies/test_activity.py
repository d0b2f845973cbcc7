"""The Activity tab: what was done, by whom, when (R16, R17, R18, R23, R25)."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from pytest_django import DjangoAssertNumQueries

from companies.audit.enums import KIND_OF_ACT, Act, AuditKind
from companies.audit.models import AuditEvent
from companies.audit.names import Names
from companies.audit.record import record
from companies.audit.wording import told
from companies.lifecycle import rename_company
from companies.models import Company
from companies.policies.catalogue import PolicyKey
from licensing.approvals import approve_users, choose_auto_fill
from licensing.enums import Tier
from licensing.pools import change_license
from licensing.primary import transfer_primary
from licensing.seats import disable_users, remove_users
from tests.factories import (
    add_arrivals,
    add_people,
    make_account,
    make_company,
    make_connector,
    make_person,
    make_support,
    switch_policy_on,
)
from users.accounts.models import Account
from users.accounts.permissions import Permission
from users.provisioning import add_users, rename_user

pytestmark = pytest.mark.django_db

NAMES = Names(
    people={1: "Ann Lee", 2: "Bob Ray", 3: "Cy Orr", 4: "Di Fox", 5: "Ed Poe", 6: "Flo Kay"},
    accounts={1: "Ada Admin"},
    invitations={1: "Jo (jo@partner.example)"},
    companies={1: "Fabrikam", 2: "Wingtip"},
)


def rows(client: Client, company: Company, query: str = "") -> list[list[str]]:
    """The cells of the list, as text."""
    response = client.get(f"/companies/{company.pk}/activity/{query}")
    assert response.status_code == 200
    body = re.search(r"<tbody>(.*?)</tbody>", response.text, re.DOTALL)
    found = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if body else []
    return [[cell_text(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in found]


def cell_text(cell: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", cell).split()))


def signed_in(client: Client, company: Company) -> Account:
    account = make_account(company.partner, name="Ada Admin")
    client.force_login(account)
    return account


@pytest.mark.parametrize(
    ("act", "data", "text"),
    [
        (Act.COMPANY_OPENED, {"seats": 1, "tier": "standard"}, "Company opened with 1 seat on Standard"),
        (Act.COMPANY_CLOSED, {"seats_from": 10}, "Company closed; it had 10 seats"),
        (Act.COMPANY_REOPENED, {"seats": 5, "tier": "advanced"}, "Company opened again with 5 seats on Advanced"),
        (Act.COMPANY_RENAMED, {"name_from": "A", "name_to": "B"}, "Company renamed from “A” to “B”"),
        (Act.AUTO_FILL_CHANGED, {"on": True}, "Automatic filling from the waiting line switched on"),
        (Act.AUTO_FILL_CHANGED, {"on": False}, "Automatic filling from the waiting line switched off"),
        (Act.CHECKLIST_AWAY, {}, "Set-up checklist put away"),
        (Act.CHECKLIST_BACK, {}, "Set-up checklist shown again"),
        (Act.POLICIES_REVIEWED, {}, "Policies reviewed"),
        (
            Act.LICENSE_CHANGED,
            {"seats_from": 10, "seats_to": 12, "tier_from": "standard", "tier_to": "standard"},
            "Seats changed from 10 to 12",
        ),
        (
            Act.LICENSE_CHANGED,
            {"seats_from": 10, "seats_to": 10, "tier_from": "standard", "tier_to": "advanced"},
            "Tier changed from Standard to Advanced",
        ),
        (
            Act.LICENSE_CHANGED,
            {"seats_from": 10, "seats_to": 12, "tier_from": "standard", "tier_to": "advanced"},
            "Seats changed from 10 to 12, tier from Standard to Advanced",
        ),
        (Act.USERS_ADDED, {"users": [1], "count": 1}, "1 user added: Ann Lee"),
        (Act.USERS_ADDED, {"users": [1, 2, 9], "count": 3}, "3 users added: Ann Lee, Bob Ray, a removed user"),
        (
            Act.USERS_ADDED,
            {"users": [1, 2, 3, 4, 5, 6], "count": 60},
            "60 users added: Ann Lee, Bob Ray, Cy Orr, Di Fox, Ed Poe and 55 more",
        ),
        (
            Act.USERS_IMPORTED,
            {"users": [1], "number": 7, "count": 1, "waiting": 0, "left": 0},
            "Import 7: 1 user added from a file: Ann Lee",
        ),
        (
            Act.USERS_IMPORTED,
            {"users": [1, 2], "number": 7, "count": 2, "waiting": 1, "left": 3},
            "Import 7: 2 users added from a file: Ann Lee, Bob Ray. 1 is pending approval. 3 rows were not added",
        ),
        (
            Act.USERS_ARRIVED,
            {"users": [1, 2], "count": 2, "waiting": 1},
            "2 users arrived from the directory: Ann Lee, Bob Ray. 1 is pending approval",
        ),
        (
            Act.USERS_ARRIVED,
            {"users": [1], "count": 1, "waiting": 0},
            "1 user arrived from the directory: Ann Lee",
        ),
        (Act.USERS_APPROVED, {"users": [1], "count": 1}, "1 user approved: Ann Lee"),
        (Act.USERS_DISABLED, {"users": [1, 2], "count": 2}, "2 users disabled: Ann Lee, Bob Ray"),
        (Act.USERS_ENABLED, {"users": [1], "count": 1}, "1 user enabled: Ann Lee"),
        (
            Act.PLACES_LOST,
            {"users": [1], "count": 1},
            "1 user left the waiting line, disabled in the directory: Ann Lee",
        ),
        (Act.USERS_REMOVED, {"users": [1], "count": 1}, "1 user removed: Ann Lee"),
        (Act.USER_RENAMED, {"users": [1]}, "Name changed: Ann Lee"),
        (
            Act.USER_TAKEN_OVER,
            {"users": [1], "connector": 1, "kind": "okta", "name": "HQ"},
            "Managed in the portal instead of by the removed Okta connector “HQ”: Ann Lee",
        ),
        (
            Act.PRIMARY_TRANSFERRED,
            {"users": [1], "former": 2, "carried": ""},
            "Primary user changed from Bob Ray to Ann Lee",
        ),
        (
            Act.PRIMARY_TRANSFERRED,
            {"users": [1], "former": 2, "carried": "disable"},
            "Primary user changed from Bob Ray to Ann Lee. The former one was disabled, as the directory had asked",
        ),
        (
            Act.PRIMARY_TRANSFERRED,
            {"users": [1], "former": 2, "carried": "remove"},
            "Primary user changed from Bob Ray to Ann Lee. The former one was removed, as the directory had asked",
        ),
        (
            Act.PRIMARY_WITHDRAWN,
            {"users": [1], "how": "remove"},
            "The directory asked to remove the primary user Ann Lee, who stays until the role is transferred",
        ),
        (
            Act.PRIMARY_WITHDRAWN,
            {"users": [1], "how": "disable"},
            "The directory asked to disable the primary user Ann Lee, who stays until the role is transferred",
        ),
        (Act.POLICY_ON, {"policy": "backup_all"}, "Policy “Backup all business items” switched on"),
        (Act.POLICY_OFF, {"policy": "backup_all"}, "Policy “Backup all business items” switched off"),
        (Act.POLICY_CHANGED, {"policy": "gone_key"}, "Policy “gone_key” changed"),
        (Act.CONNECTOR_ADDED, {"kind": "entra_id", "name": "HQ"}, "Entra ID connector “HQ” added"),
        (Act.CONNECTOR_REMOVED, {"kind": "okta", "name": "HQ"}, "Okta connector “HQ” removed"),
        (Act.CONNECTOR_CHANGED, {"kind": "okta", "name": "HQ"}, "Okta connector “HQ” changed"),
        (Act.CONNECTOR_PAUSED, {"kind": "okta", "name": "HQ"}, "Okta connector “HQ” paused"),
        (Act.CONNECTOR_RESUMED, {"kind": "okta", "name": "HQ"}, "Okta connector “HQ” goes on"),
        (Act.TOKEN_ROTATED, {"kind": "okta", "name": "HQ"}, "New token for the Okta connector “HQ”"),
        (
            Act.USERS_HELD,
            {"users": [1], "count": 1},
            "1 change of the directory is held until an Admin decides: Ann Lee",
        ),
        (Act.HELD_CONFIRMED, {"users": [1], "count": 1}, "1 held change confirmed: Ann Lee"),
        (Act.HELD_REJECTED, {"users": [1, 2], "count": 2}, "2 held changes rejected: Ann Lee, Bob Ray"),
        (Act.USERS_CHANGED, {"users": [1], "count": 1}, "1 user changed in the directory: Ann Lee"),
        (Act.USERS_LINKED, {"users": [1], "count": 1}, "1 user is managed by the directory from now on: Ann Lee"),
        (Act.USERS_REJECTED, {"users": [1], "count": 1}, "1 user rejected: Ann Lee"),
        (Act.REJECTION_UNDONE, {"users": [1], "count": 1}, "Rejection of 1 user undone: Ann Lee"),
        (Act.AUDIT_EXPORTED, {"count": 1}, "1 line of the audit exported"),
        (Act.LIST_EXPORTED, {"list": "companies", "count": 1}, "1 company exported"),
        (Act.LIST_EXPORTED, {"list": "users", "count": 2}, "2 users exported"),
        (Act.LIST_EXPORTED, {"list": "rejected", "count": 1}, "1 rejected user exported"),
        (Act.LIST_EXPORTED, {"list": "activity", "count": 3}, "3 lines of the activity exported"),
        (Act.LIST_EXPORTED, {"list": "ledger", "count": 1}, "1 entry of the license ledger exported"),
        (Act.LIST_EXPORTED, {"list": "statement", "count": 2}, "2 lines of a statement exported"),
        (Act.LIST_EXPORTED, {"list": "outcomes", "count": 1}, "1 outcome of a run exported"),
        (Act.LIST_EXPORTED, {"list": "later", "count": 1}, "List exported"),
        (Act.USER_ERASED, {"users": [1], "count": 1}, "Personal data of 1 removed user erased"),
        (Act.COMPANY_VIEWED, {"visit": 1}, "Company viewed as the partner sees it"),
    ],
)
def test_each_act_is_told_in_words(act: Act, data: dict[str, Any], text: str) -> None:
    assert told(AuditEvent(act=act, data=data), NAMES) == text


@pytest.mark.parametrize(
    ("act", "data", "text"),
    [
        (Act.SIGNED_IN, {"account": 1}, "Ada Admin signed in"),
        (
            Act.SIGNED_IN,
            {"account": 1, "method": ["password", "totp"]},
            "Ada Admin signed in: password + authenticator app",
        ),
        (Act.SIGNED_IN, {"account": 1, "method": ["webauthn"]}, "Ada Admin signed in: passkey"),
        (Act.SIGNED_IN, {"account": 1, "method": ["from_the_future"]}, "Ada Admin signed in: from_the_future"),
        (Act.SIGNED_OUT, {"account": 1}, "Ada Admin signed out"),
        (Act.SIGN_IN_FAILED, {"account": 2}, "Sign-in as an account failed"),
        (Act.SIGN_IN_FAILED, {}, "Sign-in with an unknown e-mail failed"),
        (Act.SIGN_IN_FAILED, {"method": ["webauthn"]}, "Sign-in by passkey failed"),
        (Act.PASSWORD_RESET_ASKED, {}, "Password reset asked for with an unknown e-mail"),
        (Act.ACCOUNT_CREATED, {"account": 1, "role": "billing"}, "Account of Ada Admin created as Billing"),
        (Act.ACCOUNT_CREATED, {"account": 1, "role": ""}, "Account of Ada Admin created as support staff"),
        (
            Act.ACCOUNT_WITHDRAWN,
            {"account": 1, "role": "technician"},
            "Account of Ada Admin withdrawn; its role was Technician",
        ),
        (Act.INVITED, {"invitation": 1, "role": "admin"}, "Jo (jo@partner.example) invited as Admin"),
        (Act.INVITED, {"invitation": 2, "role": "gone"}, "a colleague invited as none"),
        (Act.INVITATION_WITHDRAWN, {"invitation": 1}, "Invitation of Jo (jo@partner.example) withdrawn"),
        (
            Act.INVITATION_ACCEPTED,
            {"invitation": 1, "account": 1, "role": "read_only"},
            "Ada Admin accepted the invitation and is Read-only now",
        ),
        (
            Act.COMPANIES_GIVEN,
            {"account": 1, "given": [1, 2, 3], "given_count": 12, "taken": [], "taken_count": 0},
            "Companies given to Ada Admin: Fabrikam, Wingtip, a company and 9 more",
        ),
        (
            Act.COMPANIES_GIVEN,
            {"account": 1, "given": [], "given_count": 0, "taken": [1], "taken_count": 1},
            "Companies taken away from Ada Admin: Fabrikam",
        ),
        (
            Act.COMPANIES_GIVEN,
            {"account": 1, "given": [2], "given_count": 1, "taken": [1], "taken_count": 1},
            "Companies given to Ada Admin: Wingtip; taken away: Fabrikam",
        ),
        (Act.PASSWORD_CHANGED, {"account": 1}, "Password of Ada Admin changed"),
        (Act.PASSWORD_RESET_ASKED, {"account": 1}, "Password reset asked for as Ada Admin"),
        (Act.PASSWORD_RESET, {"account": 1}, "Password of Ada Admin reset"),
        (Act.EMAIL_CHANGED, {"account": 1}, "E-mail of Ada Admin changed"),
        (Act.EMAIL_CODE_FAILED, {"account": 1}, "Code by e-mail to Ada Admin failed"),
        (
            Act.FACTOR_ADDED,
            {"account": 1, "factor": "totp"},
            "Second factor of Ada Admin added: authenticator app",
        ),
        (
            Act.FACTOR_REMOVED,
            {"account": 1, "factor": "webauthn"},
            "Second factor of Ada Admin removed: passkey",
        ),
        (
            Act.FACTOR_FAILED,
            {"account": 1, "factor": "recovery_codes"},
            "Second factor of Ada Admin failed: recovery codes",
        ),
        (Act.FACTORS_RESET, {"account": 1, "count": 1}, "1 second factor of Ada Admin taken away"),
        (Act.FACTORS_RESET, {"account": 1, "count": 2}, "2 second factors of Ada Admin taken away"),
        (Act.RECOVERY_CODES_MADE, {"account": 1}, "New recovery codes of Ada Admin made"),
        (Act.SESSIONS_ENDED, {"account": 1, "count": 1}, "1 session of Ada Admin ended"),
        (Act.SESSIONS_ENDED, {"account": 1, "count": 3}, "3 sessions of Ada Admin ended"),
        (Act.TOO_MANY_ATTEMPTS, {"what": "account_login"}, "Too many attempts: sign-in"),
        (
            Act.TOO_MANY_ATTEMPTS,
            {"what": "mfa_authenticate", "account": 1},
            "Too many attempts as Ada Admin: second factor",
        ),
        (Act.TOO_MANY_ATTEMPTS, {"what": "from_the_future"}, "Too many attempts: from_the_future"),
        (Act.ACCESS_REFUSED, {"what": "audit:list"}, "Access refused: audit:list"),
        (
            Act.ACCESS_REFUSED,
            {"what": "audit:list", "permission": "see_audit"},
            "Access refused: may not see the audit (audit:list)",
        ),
        (
            Act.ACCESS_REFUSED,
            {"what": "audit:list", "permission": "from_the_future"},
            "Access refused: audit:list",
        ),
        (Act.PARTNER_OPENED, {}, "Partner opened"),
        (Act.PARTNER_CHANGED, {"fields": ["time_zone", "x"]}, "Partner changed: time zone, x"),
        (Act.ACCESS_CHANGED, {"until": "2026-12-31"}, "Access of the partner ends on Dec. 31, 2026"),
        (Act.ACCESS_CHANGED, {"until": None}, "Access of the partner is without end"),
        (
            Act.VISIT_STARTED,
            {"visit": 1, "minutes": 30},
            "Support views the portal as the partner does, reading only, for 30 minutes",
        ),
        (
            Act.VISIT_ENDED,
            {"visit": 1, "account": 1, "early": True},
            "The visit of Ada Admin (support) was ended early",
        ),
        (Act.VISIT_ENDED, {"visit": 1, "account": 1, "early": False}, "The visit of Ada Admin (support) ended"),
        (
            Act.ACCOUNT_CHANGED,
            {
                "account": 1,
                "fields": ["email", "name", "role", "is_active", "password", "x"],
                "role_from": "admin",
                "role_to": "read_only",
                "active": False,
            },
            "Account of Ada Admin changed: e-mail, name, role from Admin to Read-only, withdrawn, password, x",
        ),
        (
            Act.ACCOUNT_CHANGED,
            {"account": 1, "fields": ["is_active"], "role_from": "admin", "role_to": "admin", "active": True},
            "Account of Ada Admin changed: active again",
        ),
    ],
)
def test_acts_of_accounts_are_told_by_the_names_of_accounts(act: Act, data: dict[str, Any], text: str) -> None:
    """Ids of people and of accounts are numbers of two kinds: one is never told as the other."""
    assert told(AuditEvent(act=act, data=data), NAMES) == text


def test_every_permission_has_words_and_every_limit_an_address() -> None:
    from companies.audit.account_texts import _ATTEMPTS, _PERMISSIONS

    assert set(_PERMISSIONS) == set(Permission)
    spaces = {"": get_resolver()} | {f"{space}:": inner for space, (_, inner) in get_resolver().namespace_dict.items()}
    names = {
        f"{space}{name}" for space, inner in spaces.items() for name in inner.reverse_dict if isinstance(name, str)
    }
    assert set(_ATTEMPTS) <= names


def test_every_act_has_a_kind_and_a_text() -> None:
    assert set(KIND_OF_ACT) == set(Act)
    from companies.audit.wording import _TEXTS

    assert set(_TEXTS) == set(Act)


def test_an_act_that_a_later_version_wrote_still_shows_its_code() -> None:
    assert told(AuditEvent(act="from_the_future", data={}), Names()) == "from_the_future"


def test_what_the_rules_wrote_is_shown_newest_first_with_who(client: Client) -> None:
    """R16, R17: every rule leaves its line, in the name of whoever did it."""
    company = make_company(seats=3, tier=Tier.ADVANCED)
    account = signed_in(client, company)
    ann, bob = add_users(
        company, people=[make_person("Ann", "Lee"), make_person("Bob", "Ray")], by=account, reason="Two hires"
    )
    connector = make_connector(company, name="HQ")
    [cy] = add_arrivals(connector, 1)
    change_license(company, seats=5, tier=Tier.ADVANCED, seen=None, by=account, reason="Grows")
    approve_users(company, users=[cy.pk], by=account)
    disable_users(company, users=[ann.pk], by=make_support())
    switch_policy_on(company, PolicyKey.PASSWORD_AUDITING)
    transfer_primary(company, to=bob.pk, by=account)
    rename_company(company, name="New name", by=account)
    choose_auto_fill(company, on=True, by=account)

    primary = company.primary_user
    assert [(what, who) for _when, what, who in rows(client, company)] == [
        ("Automatic filling from the waiting line switched on", "Ada Admin"),
        (f"Company renamed from “{company.name}” to “New name”", "Ada Admin"),
        (f"Primary user changed from {primary.full_name} to Bob Ray", "Ada Admin"),
        ("Policy “Password auditing” switched on", "the system"),
        ("1 user disabled: Ann Lee", "Support: Support"),
        (f"1 user approved: {cy.full_name}", "Ada Admin"),
        ("Seats changed from 3 to 5 Reason: Grows", "Ada Admin"),
        (
            f"1 user arrived from the directory: {cy.full_name}. 1 is pending approval",
            "Entra ID connector HQ",
        ),
        ("Entra ID connector “HQ” added", "the system"),
        ("2 users added: Ann Lee, Bob Ray Reason: Two hires", "Ada Admin"),
        ("Company opened with 3 seats on Advanced", "the system"),
    ]


def test_names_are_the_present_ones_and_removed_people_keep_theirs(client: Client) -> None:
    """R2: removed people are marked, not deleted. The event keeps ids only, so a correction shows everywhere."""
    company = make_company()
    account = signed_in(client, company)
    [ann] = add_users(company, people=[make_person("Ann", "Lee")], by=account)
    rename_user(ann, first_name="Anna", last_name="Lee-Poe", by=account)
    remove_users(company, users=[ann.pk], by=account)

    assert [what for _when, what, _who in rows(client, company)][:3] == [
        "1 user removed: Anna Lee-Poe",
        "Name changed: Anna Lee-Poe",
        "1 user added: Anna Lee-Poe",
    ]


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (AuditKind.LICENSE, ["Seats changed from 5 to 6"]),
        (AuditKind.CONNECTORS, ["Entra ID connector “HQ” added"]),
        (AuditKind.POLICIES, ["Policy “Two-factor authentication” switched on"]),
        (AuditKind.COMPANY, ["Company opened with 5 seats on Advanced"]),
    ],
)
def test_filter_by_kind(client: Client, kind: AuditKind, texts: list[str]) -> None:
    company = make_company(seats=5, tier=Tier.ADVANCED)
    signed_in(client, company)
    add_people(company, 2)
    make_connector(company, name="HQ")
    switch_policy_on(company, PolicyKey.TWO_FACTOR)
    change_license(company, seats=6, tier=Tier.ADVANCED, seen=None, by=None)

    assert [what for _when, what, _who in rows(client, company, f"?kind={kind}")] == texts


def test_r25_from_where_it_was_done_is_not_shown(client: Client) -> None:
    """The address is personal data of colleagues: Admins find it on the Audit page, nobody on this tab."""
    company = make_company()
    account = signed_in(client, company)
    AuditEvent.objects.create(
        partner=company.partner,
        company=company,
        kind=AuditKind.COMPANY,
        act=Act.AUTO_FILL_CHANGED,
        data={"on": True},
        by_account=account,
        address="192.0.2.77",
    )
    page = client.get(f"/companies/{company.pk}/activity/").text
    assert "Automatic filling from the waiting line switched on" in page
    assert "192.0.2.77" not in page


def test_a_kind_without_acts_says_so_and_nonsense_shows_all(client: Client) -> None:
    company = make_company()
    signed_in(client, company)

    page = client.get(f"/companies/{company.pk}/activity/?kind=policies")
    assert "Nothing of this kind was done yet." in page.text
    assert len(rows(client, company, "?kind=banana&page=banana&view=banana")) == 1


def test_pages_of_fifty(client: Client) -> None:
    company = make_company()
    signed_in(client, company)
    for number in range(60):
        record(company, Act.COMPANY_RENAMED, by=None, name_from=f"{number}", name_to=f"{number + 1}")

    first, second = rows(client, company), rows(client, company, "?page=2")
    assert (len(first), len(second)) == (50, 11)
    assert first[0][1] == "Company renamed from “59” to “60”"
    assert second[-1][1].startswith("Company opened")


@pytest.mark.parametrize("acts", [1, 3])
@pytest.mark.parametrize(("query", "queries"), [("", 7), ("?view=ledger", 6)])
def test_the_number_of_queries_does_not_grow(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, acts: int, query: str, queries: int
) -> None:
    """Session, account, company, count, rows, visits; and the names of all people on the page."""
    company = make_company(seats=100)
    account = signed_in(client, company)
    for number in range(acts):
        add_users(company, people=[make_person()], by=account)
        change_license(company, seats=101 + number, tier=Tier.STANDARD, seen=None, by=account)

    with django_assert_num_queries(queries):
        client.get(f"/companies/{company.pk}/activity/{query}")


def test_the_ledger_is_a_second_view(client: Client) -> None:
    """R16: number, when, from, to, by whom, why."""
    company = make_company(seats=10)
    account = signed_in(client, company)
    change_license(company, seats=12, tier=Tier.STANDARD, seen=1, by=account, reason="Two more")
    change_license(company, seats=12, tier=Tier.ADVANCED, seen=2, by=make_support())

    assert [[row[0], *row[2:]] for row in rows(client, company, "?view=ledger")] == [
        ["3", "Changed", "12", "Standard → Advanced", "Support: Support", ""],
        ["2", "Changed", "10 → 12", "Standard", "Ada Admin", "Two more"],
        ["1", "Opened", "0 → 10", "Standard", "the system", ""],
    ]


def test_htmx_gets_the_list_alone(client: Client) -> None:
    company = make_company()
    signed_in(client, company)

    part = client.get(f"/companies/{company.pk}/activity/", headers={"HX-Request": "true"})
    assert part.text.strip().startswith('<div id="activity"')


def test_times_are_in_the_partners_time_zone(client: Client) -> None:
    company = make_company()
    company.partner.time_zone = "Pacific/Auckland"
    company.partner.save()
    signed_in(client, company)

    page = client.get(f"/companies/{company.pk}/activity/").text
    assert "Times are in the time zone Pacific/Auckland." in page
    [moment] = re.findall(r'<time datetime="([^"]+)"', page)
    assert moment[-6:] in {"+12:00", "+13:00"}


def test_text_from_people_is_escaped(client: Client) -> None:
    company = make_company()
    account = signed_in(client, company)
    add_users(company, people=[make_person("<b>Ann</b>", "Lee")], by=account, reason="<i>why</i>")

    page = client.get(f"/companies/{company.pk}/activity/").text
    assert "<b>Ann</b>" not in page
    assert "<i>why</i>" not in page
    assert "&lt;b&gt;Ann&lt;/b&gt; Lee" in page


def test_another_partners_company_does_not_exist(client: Client) -> None:
    """R23"""
    client.force_login(make_account())
    assert client.get(f"/companies/{make_company().pk}/activity/").status_code == 404


def test_only_reads(client: Client) -> None:
    company = make_company()
    signed_in(client, company)
    assert client.post(f"/companies/{company.pk}/activity/").status_code == 405
