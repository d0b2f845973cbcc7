"""Test data, made through the rules as people make it: counters, ledger and history are right from the start."""

import itertools
import re
from collections.abc import Collection, Sequence
from dataclasses import astuple

from allauth.account.internal.flows.login import record_authentication
from django.core import mail
from django.db.models.functions import Now
from django.test import Client, RequestFactory

from companies.lifecycle import open_company
from companies.models import Company
from companies.partners.models import Partner
from companies.policies.catalogue import PolicyKey
from companies.policies.models import Policy
from companies.policies.rules import switch_on
from licensing.enums import Tier
from users.accounts.enums import Role
from users.accounts.invitations import invite
from users.accounts.models import Account, Assignment, Invitation, Visit
from users.accounts.visiting import name_visit
from users.accounts.visits import start_visit
from users.directory.enums import ConnectorKind
from users.directory.models import Connector, Entry, HeldChange, Run
from users.directory.rules import add_connector
from users.directory.sync import Claim, bring
from users.enums import Withdrawal
from users.imports.drafts import choose_columns, start
from users.imports.reading import Sheet
from users.models import ImportRun, User
from users.people import Person
from users.provisioning import add_users, arrive

PASSWORD = "correct-horse-battery"

_numbers = itertools.count(1)


def make_partner(name: str = "") -> Partner:
    """A partner, billed in euro: 4 for a Standard seat, 7 for an Advanced one."""
    return Partner.objects.create(name=name or f"Partner {next(_numbers)}", price_standard=4, price_advanced=7)


def make_account(
    partner: Partner | None = None, *, role: Role = Role.ADMIN, email: str = "", name: str = ""
) -> Account:
    """Somebody of the partner's staff; the password is PASSWORD."""
    number = next(_numbers)
    return Account.objects.create_user(
        email or f"account{number}@partner.example",
        PASSWORD,
        partner=partner or make_partner(),
        role=role,
        name=name or f"Account {number}",
    )


def make_support(email: str = "") -> Account:
    """Somebody of the vendor's support staff, with every permission."""
    return Account.objects.create_superuser(
        email or f"support{next(_numbers)}@vendor.example", PASSWORD, name="Support"
    )


def give(account: Account, *companies: Company) -> None:
    """Give a Technician these companies too (R24)."""
    Assignment.objects.bulk_create(
        Assignment(partner_id=company.partner_id, account=account, company=company) for company in companies
    )


def make_colleague(role: Role, *companies: Company) -> Account:
    """Somebody with this role at the companies' partner; a Technician is given them (R24)."""
    account = make_account(companies[0].partner, role=role)
    if role == Role.TECHNICIAN:
        give(account, *companies)
    return account


def sign_in(client: Client, account: Account) -> None:
    """As the page of signing in does: `force_login` alone leaves no record of when they proved who they are."""
    client.force_login(account)
    request = RequestFactory().post("/accounts/login/")
    request.session = client.session
    record_authentication(request, account, method="password", email=account.email)
    request.session.save()


def make_person(first_name: str = "Person", last_name: str = "", email: str = "") -> Person:
    """Somebody to be added, with an e-mail that nobody else has."""
    number = next(_numbers)
    return Person(first_name, last_name or f"Number{number}", email or f"person{number}@customer.example")


def make_company(
    partner: Partner | None = None,
    *,
    name: str = "",
    seats: int = 10,
    tier: Tier = Tier.STANDARD,
    used: int = 1,
    pending: int = 0,
) -> Company:
    """An open company with `used` seat holders, the primary user among them, and `pending` people waiting.

    `pending` needs Advanced and a full pool: they come from a connector named "Directory".
    """
    company = open_company(
        partner or make_partner(),
        name=name or f"Company {next(_numbers)}",
        seats=seats,
        tier=tier,
        primary=make_person("Primary"),
        by=None,
    )
    if used > 1:
        add_people(company, used - 1)
    if pending:
        add_arrivals(make_connector(company, name="Directory"), pending)
    company.refresh_from_db()
    return company


def add_people(company: Company, count: int) -> list[User]:
    """`count` more people, added by hand, each in a seat."""
    users = add_users(company, people=[make_person() for _ in range(count)], by=None)
    company.refresh_from_db()
    return users


def make_connector(
    company: Company,
    *,
    name: str = "",
    kind: ConnectorKind = ConnectorKind.ENTRA_ID,
    asks_approval: bool = False,
) -> Connector:
    """A connector; the company must be on Advanced (R14)."""
    name = name or f"Connector {next(_numbers)}"
    connector, _token = add_connector(company, kind=kind, name=name, by=None, asks_approval=asks_approval)
    return connector


def make_run(connector: Connector) -> Run:
    """A run of the connector in which nothing became of anybody."""
    return Run.objects.create(
        partner_id=connector.partner_id, company_id=connector.company_id, connector_id=connector.pk
    )


def make_held(connector: Connector, how: Withdrawal = Withdrawal.DISABLE) -> HeldChange:
    """A person whom the connector brought and would take away: held, as if they were too many (R22)."""
    person = make_person()
    claim = Claim(person.email, email=person.email, first_name=person.first_name, last_name=person.last_name)
    entry = bring(connector, claim)
    rows = {"partner_id": entry.partner_id, "company_id": entry.company_id, "connector_id": entry.connector_id}
    return HeldChange.objects.create(**rows, entry=entry, how=how)


def add_arrivals(connector: Connector, count: int) -> list[User]:
    """`count` people whom the directory brings: in seats while there are any, then waiting (R6)."""
    users = arrive(connector, people=[make_person() for _ in range(count)])
    connector.company.refresh_from_db()
    return users


def switch_policy_on(company: Company, key: PolicyKey = PolicyKey.PASSWORD_AUDITING) -> Policy:
    """A policy without parameters, switched on; an Advanced one needs Advanced (R14)."""
    return switch_on(company, key=key, parameters={}, by=None)


def make_invitation(
    partner: Partner,
    *,
    by: Account | None = None,
    email: str = "",
    role: Role = Role.READ_ONLY,
    companies: Collection[int] = (),
) -> tuple[Invitation, str]:
    """A colleague whom `by` (support staff, unless given) invites, and the link in the mail, without the host."""
    email = email or f"invited{next(_numbers)}@partner.example"
    by = by or make_support()
    invitation = invite(partner, email=email, name="Ivy", role=role, companies=companies, by=by)
    return invitation, link_in_mail()


def link_in_mail() -> str:
    """The link in the latest mail, without the host."""
    found = re.search(r"https?://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def view_as(client: Client, partner: Partner, account: Account | None = None) -> Visit:
    """Support staff (somebody with every permission, unless given), signed in and viewing as the partner does (R25)."""
    account = account or make_support()
    sign_in(client, account)
    visit = start_visit(partner, by=account, reason="Ticket 7")
    request = RequestFactory().get("/")
    request.session = client.session
    name_visit(request, visit)
    request.session.save()
    return visit


def entry_of(user: User, *, user_name: str = "", active: bool = True, is_deleted: bool = False) -> Entry:
    """What the directory of the user's connector says of them, in place of what it said before."""
    assert user.connector is not None
    Entry.objects.filter(user=user).delete()
    return Entry.objects.create(
        partner_id=user.partner_id,
        company_id=user.company_id,
        connector=user.connector,
        user=user,
        user_name=user_name or user.email,
        active=active,
        deleted_at=Now() if is_deleted else None,
    )


def make_import(company: Company, account: Account, people: Sequence[Person | Sequence[str]]) -> ImportRun:
    """A file of people whose columns are chosen, ready to be confirmed: the rows begin with number 2."""
    rows = [astuple(person) if isinstance(person, Person) else person for person in people]
    header = ["Given", "Family", "Mail"]
    records = tuple((number, list(cells)) for number, cells in enumerate([header, *rows], start=1))
    sheet = Sheet(records, has_header=True, encoding="UTF-8", separator=",")
    run = start(sheet, company=company, account=account, file_name="people.csv")
    choose_columns(run, {"first_name": 0, "last_name": 1, "email": 2}, has_header=True)
    return run
