"""The demo data: two partners, their sign-ins and companies, made through the rules.

So every seat has its history, every pool its ledger, and every act its line on the Activity tab.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count

from django.db import connection, transaction

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.lifecycle import open_company
from companies.models import Company
from companies.partners.models import Currency, Partner
from companies.policies.rules import switch_on
from licensing.approvals import approve_next, choose_auto_fill
from licensing.ledger import newest_number
from licensing.pools import change_license
from licensing.seats import disable_users, remove_users
from portal.seeding.demo_companies import CONTOSO, NORTHWIND, DemoCompany
from portal.seeding.demo_directories import call_again, send_people
from portal.seeding.names import Crowd, pools
from portal.seeding.partners import SEEDED_SIGN_IN
from users.accounts.colleagues import give_companies
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.models import Connector
from users.directory.rules import add_connector
from users.models import User
from users.people import Person
from users.provisioning import add_users

PASSWORD = "demo-portal"  # noqa: S105 - printed for everybody to read
_FIRST_SIGN_IN = "admin@northwind.example"
_FOREIGN_SIGN_IN = "admin@contoso.example"
_TECHNICIAN = "tech@northwind.example"
GIVEN = ("Adventure Works", "Fabrikam", "Wingtip")
"""The companies that the Technician is given (R24)."""

# Any number, the same in every process: two demos that start at once load the data once.
_LOADING = 7_620_032


class NotForDemo(Exception):
    """The database is somebody's: the demo would add sign-ins there whose password everybody knows."""


def refuse_foreign_database() -> None:
    """Raise NotForDemo where people have accounts and none is the demo's. The database need not be migrated yet."""
    if Account._meta.db_table not in connection.introspection.table_names():
        return
    emails = Account.objects.exclude(email__regex=SEEDED_SIGN_IN).values_list("email", flat=True)
    if emails and _FIRST_SIGN_IN not in emails:
        raise NotForDemo


@transaction.atomic
def load(progress: Callable[[str], None]) -> bool:
    """Load the demo data once, all or nothing; False if it is there already. Two at once: the second waits.

    What was loaded before companies were given to Technicians gets that now. The demo's directories call each time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOADING])
    if Account.objects.filter(email=_FIRST_SIGN_IN).exists():
        _give_if_never_given()
        _let_directories_call()
        return False
    progress("Loading the demo data …")
    northwind, contoso = _partners()
    admin, technician, foreign_admin = _accounts(northwind, contoso)
    companies = [_opened(northwind, demo, by=admin) for demo in NORTHWIND]
    companies += [_opened(contoso, demo, by=foreign_admin) for demo in CONTOSO]
    _give(northwind, technician, by=admin)
    for opened in companies:
        is_given = opened.company.partner_id == northwind.pk and opened.demo.name in GIVEN
        _fill(opened, helper=technician if is_given else opened.manager)
    progress(f"Loaded {len(companies)} companies with {User.objects.listed().count()} people.")
    return True


def _give(partner: Partner, technician: Account, *, by: Account) -> None:
    companies = Company.objects.of_partner(partner).open().filter(name__in=GIVEN)
    give_companies(technician, companies=list(companies.values_list("pk", flat=True)), by=by)


def _give_if_never_given() -> None:
    """What an Admin of the demo gave or took since stays as it is."""
    admin = Account.objects.filter(email=_FIRST_SIGN_IN, is_active=True).first()
    technician = Account.objects.filter(email=_TECHNICIAN, role=Role.TECHNICIAN, is_active=True).first()
    if not admin or not technician or technician.partner is None:
        return
    if not AuditEvent.objects.filter(partner=technician.partner, act=Act.COMPANIES_GIVEN).exists():
        _give(technician.partner, technician, by=admin)


def _let_directories_call() -> None:
    """Those that the demo itself connected: nobody speaks for a directory that was connected since."""
    admins = (_FIRST_SIGN_IN, _FOREIGN_SIGN_IN)
    existing = Connector.objects.existing().filter(company__partner__accounts__email__in=admins)
    theirs = {(demo.name, *demo.connector) for demo in (*NORTHWIND, *CONTOSO) if demo.connector}
    for connector in existing.select_related("company").order_by("pk"):
        if (connector.company.name, connector.kind, connector.name) in theirs:
            call_again(connector)


def _partners() -> tuple[Partner, Partner]:
    northwind = Partner.objects.create(
        name="Northwind",
        time_zone="Europe/Berlin",
        currency=Currency.EUR,
        price_standard=Decimal("2.90"),
        price_advanced=Decimal("4.90"),
    )
    contoso = Partner.objects.create(
        name="Contoso",
        time_zone="America/Chicago",
        currency=Currency.USD,
        price_standard=Decimal("3.25"),
        price_advanced=Decimal("5.50"),
    )
    return northwind, contoso


def _accounts(northwind: Partner, contoso: Partner) -> tuple[Account, Account, Account]:
    """All sign-ins; returned are those who do what is done. The password is set past the validators on purpose."""
    create = Account.objects.create_user
    admin = create(_FIRST_SIGN_IN, PASSWORD, name="Nora Lindqvist", role=Role.ADMIN, partner=northwind)
    technician = create(_TECHNICIAN, PASSWORD, name="Tom Okafor", role=Role.TECHNICIAN, partner=northwind)
    create("billing@northwind.example", PASSWORD, name="Birgit Sommer", role=Role.BILLING, partner=northwind)
    create("viewer@northwind.example", PASSWORD, name="Vivek Rao", role=Role.READ_ONLY, partner=northwind)
    foreign_admin = create(_FOREIGN_SIGN_IN, PASSWORD, name="Carla Mendes", role=Role.ADMIN, partner=contoso)
    Account.objects.create_superuser("support@portal.example", PASSWORD, name="Sam Porter")
    return admin, technician, foreign_admin


@dataclass(frozen=True, slots=True)
class _Opened:
    """A company with its primary user, and who is yet to come."""

    company: Company
    demo: DemoCompany
    people: Iterator[Person]
    manager: Account


def _opened(partner: Partner, demo: DemoCompany, *, by: Account) -> _Opened:
    people = _people(demo)
    seats, tier, _reason = demo.before[0] if demo.before else (demo.seats, demo.tier, "")
    company = open_company(partner, name=demo.name, seats=seats, tier=tier, primary=next(people), by=by)
    for seats, tier, reason in demo.before[1:]:
        change_license(company, seats=seats, tier=tier, seen=newest_number(company), by=by, reason=reason)
    return _Opened(company, demo, people, by)


def _fill(opened: _Opened, *, helper: Account) -> None:
    """Its people, and what is switched on. `helper` does what a Technician may do (R24)."""
    company, demo, by = opened.company, opened.demo, opened.manager
    _seat_people(company, demo, opened.people, by=by)
    users = list(User.objects.of_company(company).holding_seats().order_by("pk").values_list("pk", flat=True))
    if demo.disabled:
        disable_users(company, users=users[2 : 2 + demo.disabled], by=helper)
    for key, parameters in demo.policies.items():
        switch_on(company, key=key, parameters=parameters, by=by)


def _seat_people(company: Company, demo: DemoCompany, people: Iterator[Person], *, by: Account) -> None:
    """The people added by hand first, those who leave again among them; then those whom the directory sends."""
    added = add_users(company, people=[next(people) for _ in range(demo.by_hand - 1 + demo.removed)], by=by)
    if demo.removed:
        remove_users(company, users=[user.pk for user in added[-demo.removed :]], by=by, reason="Left the company")
    if demo.fills:
        choose_auto_fill(company, on=True, by=by)
    if demo.connector:
        kind, name = demo.connector
        connector, _token = add_connector(company, kind=kind, name=name, by=by, asks_approval=demo.asks_approval)
        send_people(connector, [next(people) for _ in range(demo.arriving)], has_twin=demo.has_twin)
    if demo.approved:
        approve_next(company, count=demo.approved, by=by)


def _people(demo: DemoCompany) -> Iterator[Person]:
    """The company's people, the same in every demo."""
    crowd = Crowd.drawn(pools()[demo.locale], random.Random(demo.domain))  # noqa: S311 - the same in every demo
    for position in count():
        first_name, last_name, local = crowd.person(position)
        yield Person(first_name, last_name, f"{local}@{demo.domain}")
