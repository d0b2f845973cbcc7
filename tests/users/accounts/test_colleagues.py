"""R24: what an Admin changes of a colleague, and that a partner is never left without an Admin."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import ProgrammingError, connection
from django.test import Client

from companies.audit.models import AuditEvent
from companies.lifecycle import close_company
from companies.partners.models import Partner
from companies.partners.scope import partner_scope, support_scope
from licensing.errors import AccountGone, CompaniesNotFound, LastAdmin
from tests.factories import PASSWORD, give, make_account, make_company, make_invitation, make_partner, make_support
from tests.facts import facts, nothing_changes, refused
from users.accounts.colleagues import change_role, give_companies, withdraw
from users.accounts.enums import Role
from users.accounts.models import Account, Assignment

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    return make_partner("Northwind")


@pytest.fixture
def admin(partner: Partner) -> Account:
    return make_account(partner, name="Ada")


def acts(partner: Partner) -> list[tuple[str, dict[str, object]]]:
    """What was written down, oldest first."""
    return list(AuditEvent.objects.filter(partner=partner, company=None).order_by("pk").values_list("act", "data"))


def given(account: Account) -> list[int]:
    return list(Assignment.objects.filter(account=account).order_by("company_id").values_list("company_id", flat=True))


def changed(account: Account, before: Role, after: Role) -> tuple[str, dict[str, object]]:
    return (
        "account_changed",
        {"account": account.pk, "fields": ["role"], "role_from": before, "role_to": after, "active": True},
    )


def companies_given(account: Account, new: list[int], old: list[int]) -> tuple[str, dict[str, object]]:
    return (
        "companies_given",
        {
            "account": account.pk,
            "given": new[:10],
            "given_count": len(new),
            "taken": old[:10],
            "taken_count": len(old),
        },
    )


def test_a_role_is_changed_written_down_and_told(partner: Partner, admin: Account) -> None:
    account = make_account(partner, role=Role.READ_ONLY, name="Ben")
    with partner_scope(partner.pk):
        change_role(account, role=Role.ADMIN, companies=[], by=admin)
    account.refresh_from_db()
    assert account.role == Role.ADMIN
    assert acts(partner) == [changed(account, Role.READ_ONLY, Role.ADMIN)]
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == ([account.email], "[Partner Portal] Your role in the Partner Portal was changed")
    assert "Ada changed your role at Northwind in the Partner Portal from Read-only to Admin." in sent.body


def test_a_new_technician_is_given_companies(partner: Partner, admin: Account) -> None:
    account = make_account(partner, role=Role.BILLING)
    companies = [make_company(partner).pk, make_company(partner).pk]
    change_role(account, role=Role.TECHNICIAN, companies=companies, by=admin)
    assert given(account) == companies
    assert acts(partner) == [
        changed(account, Role.BILLING, Role.TECHNICIAN),
        companies_given(account, companies, []),
    ]


def test_who_is_no_technician_any_more_has_no_companies_of_its_own(partner: Partner, admin: Account) -> None:
    company = make_company(partner)
    account = make_account(partner, role=Role.TECHNICIAN)
    give(account, company)
    change_role(account, role=Role.READ_ONLY, companies=[company.pk], by=admin)
    assert given(account) == []
    assert acts(partner) == [
        changed(account, Role.TECHNICIAN, Role.READ_ONLY),
        companies_given(account, [], [company.pk]),
    ]


def test_only_what_changes_is_written_down(partner: Partner, admin: Account) -> None:
    stays, goes, comes = (make_company(partner) for _ in range(3))
    account = make_account(partner, role=Role.TECHNICIAN)
    give(account, stays, goes)
    with partner_scope(partner.pk):
        give_companies(account, companies=[stays.pk, comes.pk], by=admin)
    assert given(account) == [stays.pk, comes.pk]
    assert acts(partner) == [companies_given(account, [comes.pk], [goes.pk])]
    with nothing_changes(partner):
        give_companies(account, companies=[comes.pk, stays.pk, stays.pk], by=admin)
        change_role(account, role=Role.TECHNICIAN, companies=[comes.pk, stays.pk], by=admin)
    assert mail.outbox == []


def test_ten_companies_are_named_and_all_are_counted(partner: Partner, admin: Account) -> None:
    companies = [make_company(partner).pk for _ in range(12)]
    account = make_account(partner, role=Role.TECHNICIAN)
    give_companies(account, companies=companies, by=admin)
    assert acts(partner) == [companies_given(account, companies, [])]
    assert len(given(account)) == 12


def test_a_closed_company_stays_given(partner: Partner, admin: Account) -> None:
    closed, other = make_company(partner), make_company(partner)
    account = make_account(partner, role=Role.TECHNICIAN)
    give(account, closed)
    close_company(closed, typed_name=closed.name, by=None)
    give_companies(account, companies=[other.pk], by=admin)
    assert given(account) == [closed.pk, other.pk]


def test_only_technicians_are_given_companies(partner: Partner, admin: Account) -> None:
    company, account = make_company(partner), make_account(partner, role=Role.READ_ONLY)
    with nothing_changes(partner):
        give_companies(account, companies=[company.pk], by=admin)


@pytest.mark.parametrize("change", ["role", "companies"])
def test_r23_another_partners_or_a_closed_company_is_not_given(partner: Partner, admin: Account, change: str) -> None:
    own, closed, foreign = make_company(partner), make_company(partner), make_company()
    close_company(closed, typed_name=closed.name, by=None)
    account = make_account(partner, role=Role.TECHNICIAN if change == "companies" else Role.BILLING)
    wanted = [own.pk, closed.pk, foreign.pk]
    with refused(CompaniesNotFound, partner, company_ids=(closed.pk, foreign.pk)):
        if change == "companies":
            give_companies(account, companies=wanted, by=admin)
        else:
            change_role(account, role=Role.TECHNICIAN, companies=wanted, by=admin)
    assert mail.outbox == []


def test_withdrawing_ends_the_account(partner: Partner, admin: Account) -> None:
    account = make_account(partner, role=Role.TECHNICIAN, name="Ben")
    give(account, make_company(partner))
    with partner_scope(partner.pk):
        withdraw(account, by=admin)
    account.refresh_from_db()
    assert not account.is_active
    assert given(account) == []
    assert not EmailAddress.objects.filter(user=account).exists()
    assert acts(partner) == [("account_withdrawn", {"account": account.pk, "role": "technician"})]
    [sent] = mail.outbox
    assert sent.to == [account.email]
    assert "Ada withdrew your access to Northwind in the Partner Portal." in sent.body
    with nothing_changes(partner):
        withdraw(account, by=admin)


def test_a_withdrawn_colleague_is_out_at_the_next_request(client: Client, partner: Partner, admin: Account) -> None:
    account = make_account(partner, role=Role.READ_ONLY)
    client.force_login(account)
    assert client.get("/companies/").status_code == 200
    withdraw(account, by=admin)
    assert client.get("/companies/")["Location"] == "/accounts/login/?next=%2Fcompanies%2F"
    answer = Client().post("/accounts/login/", {"login": account.email, "password": PASSWORD})
    assert "do not belong together" in answer.text


def test_the_address_of_a_withdrawn_colleague_is_free(partner: Partner, admin: Account) -> None:
    """R2: for an account of any partner; support makes them without an invitation."""
    account = make_account(partner, email="ben@partner.example")
    withdraw(account, by=admin)
    assert make_account(make_partner(), email="ben@partner.example").pk != account.pk


@pytest.mark.parametrize("leaving", ["withdrawn", "demoted"])
def test_who_leaves_leaves_no_invitation_open(client: Client, partner: Partner, admin: Account, leaving: str) -> None:
    """Else somebody about to go could invite an address of their own, and be back as an Admin."""
    other = make_account(partner, name="Bob")
    theirs, link = make_invitation(partner, by=other, role=Role.ADMIN)
    ours, kept = make_invitation(partner, by=admin)
    if leaving == "withdrawn":
        withdraw(other, by=admin)
    else:
        change_role(other, role=Role.BILLING, companies=[], by=admin)
    theirs.refresh_from_db()
    ours.refresh_from_db()
    assert (theirs.withdrawn_at is None, ours.withdrawn_at is None) == (False, True)
    assert ("invitation_withdrawn", {"invitation": theirs.pk}) in acts(partner)
    assert client.get(link).status_code == 404
    assert client.get(kept).status_code == 302


@pytest.mark.parametrize("act", ["withdraw", "demote"])
def test_the_last_admin_stays(partner: Partner, admin: Account, act: str) -> None:
    """Others who are withdrawn, have another role or another partner do not count."""
    gone = make_account(partner)
    Account.objects.filter(pk=gone.pk).update(is_active=False)
    make_account(partner, role=Role.TECHNICIAN)
    make_account(make_partner())
    with refused(LastAdmin, partner, account_id=admin.pk):
        if act == "withdraw":
            withdraw(admin, by=admin)
        else:
            change_role(admin, role=Role.BILLING, companies=[], by=admin)
    assert mail.outbox == []


def test_an_admin_beside_another_may_go(partner: Partner, admin: Account) -> None:
    other = make_account(partner)
    change_role(admin, role=Role.BILLING, companies=[], by=admin)
    with refused(LastAdmin, partner, account_id=other.pk):
        withdraw(other, by=admin)


@pytest.mark.parametrize("who", ["withdrawn", "support"])
def test_who_is_no_colleague_any_more_is_not_changed(partner: Partner, admin: Account, who: str) -> None:
    account = make_support() if who == "support" else make_account(partner, role=Role.BILLING)
    if who == "withdrawn":
        withdraw(account, by=admin)
    with refused(AccountGone, partner, account_id=account.pk):
        change_role(account, role=Role.ADMIN, companies=[], by=admin)
    with refused(AccountGone, partner, account_id=account.pk):
        give_companies(account, companies=[], by=admin)
    if who == "support":
        with refused(AccountGone, partner, account_id=account.pk):
            withdraw(account, by=admin)


def test_support_changes_and_withdraws_by_the_same_rules(partner: Partner, admin: Account) -> None:
    """R25: in the scope of support's own site."""
    support = make_support()
    account = make_account(partner, role=Role.BILLING)
    with support_scope():
        change_role(account, role=Role.ADMIN, companies=[], by=support)
        withdraw(account, by=support)
    assert [act for act, _data in acts(partner)] == ["account_changed", "account_withdrawn"]
    assert AuditEvent.objects.filter(partner=partner, by_account=support).count() == 2
    assert "Support (support) withdrew your access" in mail.outbox[-1].body


# The database


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_account SET email = 'x@y.example'",
        "UPDATE accounts_account SET password = 'x'",
        "UPDATE accounts_account SET partner_id = partner_id",
        "UPDATE accounts_account SET is_staff = true",
        "INSERT INTO accounts_account (email) VALUES ('x@y.example')",
        "DELETE FROM accounts_account",
        "SELECT * FROM account_emailaddress",
        "SELECT data FROM mfa_authenticator",
    ],
)
def test_of_colleagues_a_partner_changes_role_and_access_only(partner: Partner, admin: Account, statement: str) -> None:
    before = facts(partner)
    with pytest.raises(ProgrammingError, match="permission denied"), partner_scope(partner.pk):
        _execute(statement)
    assert facts(partner) == before


def test_r23_another_partners_colleagues_and_support_staff_are_not_changed(partner: Partner, admin: Account) -> None:
    support = make_support()
    before = facts(partner)
    with partner_scope(make_partner().pk):
        assert _execute("UPDATE accounts_account SET is_active = false") == 0
    assert facts(partner) == before
    support.refresh_from_db()
    assert support.is_active


def _execute(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)
