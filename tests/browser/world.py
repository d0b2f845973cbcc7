"""A partner with a little of everything, and whoever looks at it: what the walk through all pages shows."""

from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.conf import settings
from django.test import Client

from companies.models import Company
from companies.partners.models import Partner
from companies.policies.catalogue import PolicyKey
from licensing.enums import Tier
from licensing.rejections import reject_users
from licensing.seats import disable_users
from tests.factories import (
    add_arrivals,
    link_in_mail,
    make_account,
    make_colleague,
    make_company,
    make_connector,
    make_held,
    make_import,
    make_invitation,
    make_partner,
    make_person,
    make_run,
    make_support,
    switch_policy_on,
    view_as,
)
from tests.users.accounts import steps
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.enums import OutcomeKind
from users.directory.models import Outcome
from users.directory.rules import remove_connector
from users.imports.running import add_chunk, confirm, refuse


@dataclass
class World:
    """`cookies` are those of a session for each of the people who look; `ids` is what addresses name."""

    cookies: dict[str, str]
    ids: dict[str, Any]
    partner: Partner


def make_world() -> World:
    """As small as it can be while nothing that a page shows is missing."""
    partner = make_partner("Northwind")
    admin = make_account(partner, email="ann@northwind.example", name="Ann Lee")
    company = make_company(partner, name="Adventure Works", seats=4, used=3, tier=Tier.ADVANCED)
    connector = make_connector(company, name="Head office", asks_approval=True)
    waiting = add_arrivals(connector, 3)
    reject_users(company, users=[waiting[2].pk], by=None)
    holders = list(company.users.filter(status="active").exclude(pk=company.primary_user_id))
    disable_users(company, users=[holders[0].pk], by=None)
    make_held(connector)
    switch_policy_on(company, PolicyKey.PASSWORD_AUDITING)
    run = make_run(connector)
    rows = {"partner": partner, "company": company, "run": run}
    Outcome.objects.create(**rows, kind=OutcomeKind.REFUSED, named="nobody", code="invalid_person")
    remove_connector(make_connector(company, name="Branch"), by=None)
    standard = make_company(partner, name="Wingtip", seats=20)
    invitation, _link = make_invitation(partner)
    fay = steps.with_app(make_account(email="fay@northwind.example", name="Fay"))
    cookies = _sessions(admin, company) | _at_the_door(fay)
    passkey = WebAuthn.add(fay, "Phone", {}).instance
    ids = {
        "company_id": company.pk,
        "standard": standard.pk,
        "connector_id": connector.pk,
        "run_id": run.pk,
        "user_id": holders[1].pk,
        "key": PolicyKey.BACKUP_ALL.value,
        "account_id": make_colleague(Role.TECHNICIAN, company).pk,
        "invitation_id": invitation.pk,
        "token": make_import(company, admin, [make_person(), ["Bo", "", "nonsense"]]).token,
        **_imports(company, admin),
        "pk": passkey.pk,
        "nobody": 0,
        "uidb36": "1",
        "fay": user_pk_to_url_str(fay),
        "set_password": "set-password",
        "switched_on": PolicyKey.PASSWORD_AUDITING.value,
    }
    return World(cookies, ids, partner)


def _imports(company: Company, admin: Account) -> dict[str, str]:
    """Files on their way: being added, ended, and refused; nobody comes in by them."""
    rows = [["Bo", "", "nonsense"], ["Cy", "Orr", company.primary_user.email]]
    adding, added, not_added = (make_import(company, admin, rows) for _ in range(3))
    for run in (adding, added, not_added):
        confirm(run, all_or_nothing=run == not_added, may_wait=False)
    while add_chunk(added, company):
        pass
    refuse(not_added, code="not_ready", data={"wrong": 1, "there": 1})
    return {"adding": adding.token, "added": added.token, "not_added": not_added.token}


def _sessions(admin: Account, company: Company) -> dict[str, str]:
    support = Client()
    view_as(support, admin.partner or make_partner())
    people = {
        "admin": admin,
        "technician": make_colleague(Role.TECHNICIAN, company),
        "billing": make_colleague(Role.BILLING, company),
        "reader": make_colleague(Role.READ_ONLY, company),
        "newcomer": make_account(make_partner("Contoso"), name="New"),
        "support": make_support(),
    }
    clients = {who: steps.sign_in(account) for who, account in people.items()}
    clients |= {"visitor": Client(), "visit": support}
    return {who: _cookie(client) for who, client in clients.items()}


def _at_the_door(fay: Account) -> dict[str, str]:
    """Those who have begun: the second step is open, a code is in the mail, a link of a mail was followed."""
    unproved = make_account()
    EmailAddress.objects.filter(user=unproved).delete()
    reset, invited = Client(), Client()
    reset.post("/accounts/password/reset/", {"email": fay.email})
    reset.get(link_in_mail(), follow=True)
    invited.get(make_invitation(make_partner("Fabrikam"))[1], follow=True)
    factors = steps.sign_in(fay)
    factors.post("/accounts/2fa/authenticate/", {"code": steps.code_of_app()})
    changing = steps.sign_in(make_account())
    changing.post("/accounts/email/", {"email": "other@northwind.example", "action_add": ""})
    clients = {
        "half": steps.sign_in(steps.with_app(make_account())),
        "unproved": steps.sign_in(unproved),
        "changing": changing,
        "reset": reset,
        "invited": invited,
        "factors": factors,
    }
    return {who: _cookie(client) for who, client in clients.items()}


def _cookie(client: Client) -> str:
    morsel = client.cookies.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else ""
