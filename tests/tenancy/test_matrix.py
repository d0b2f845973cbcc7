"""Every address of the portal x everyone who may ask x page and htmx x GET and POST: the exact answer (R23, R24, R25).

The addresses are found by walking the URL conf: one that is missing from the table fails.
"""

from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from companies.models import Company
from companies.partners.models import Partner
from companies.policies.catalogue import PolicyKey
from licensing.enums import Tier
from tests.factories import (
    add_people,
    give,
    make_account,
    make_company,
    make_connector,
    make_invitation,
    make_partner,
    make_run,
    make_support,
    sign_in,
)
from tests.facts import facts
from tests.tenancy.test_addresses import PATTERNS
from users.accounts.enums import Role
from users.accounts.models import Account
from users.accounts.visits import start_visit

pytestmark = pytest.mark.django_db

# in: sent to sign in; sup: support staff, sent to their own site; to: led on. Under htmx, all three by HX-Redirect.
# The company is one's own, and given to the Technician. A POST brings no fields. "gone" was deactivated meanwhile.
TABLE = """
GET                          visitor gone support  admin technician billing read_only
account                      in      in   200      200   200        200     200
account_change_password      in      in   200      200   200        200     200
account_email                in      in   to       to    to         to      to
account_email_verification_sent to      to   to       to    to         to      to
account_invitation           404     404  404      404   404        404     404
account_invitation_accept    404     404  404      404   404        404     404
account_login                200     200  to       to    to         to      to
account_logout               to      to   200      200   200        200     200
account_preferences          405     405  405      405   405        405     405
account_reauthenticate       in      in   200      200   200        200     200
account_reset_password       200     200  200      200   200        200     200
account_reset_password_done  200     200  200      200   200        200     200
account_reset_password_from_key 200     200  200      200   200        200     200
account_reset_password_from_key_done 200     200  200      200   200        200     200
account_set_password         in      in   to       to    to         to      to
audit:export                 in      in   sup      200   403        403     403
audit:list                   in      in   sup      200   403        403     403
colleagues:edit              in      in   sup      200   403        403     403
colleagues:end_invitation    in      in   sup      200   403        403     403
colleagues:invite            in      in   sup      200   403        403     403
colleagues:invite_again      in      in   sup      200   403        403     403
colleagues:list              in      in   sup      200   403        403     403
colleagues:withdraw          in      in   sup      200   403        403     403
companies:activity           in      in   sup      200   200        200     200
companies:activity_export    in      in   sup      200   200        200     200
companies:add                in      in   sup      200   403        403     403
companies:auto_fill          in      in   sup      to    403        403     403
companies:bulk_license       in      in   sup      to    403        403     403
companies:bulk_license_preview in      in   sup      to    403        403     403
companies:bulk_license_result in      in   sup      404   403        403     403
companies:checklist          in      in   sup      to    403        403     403
companies:close              in      in   sup      200   403        403     403
companies:connector          in      in   sup      200   200        403     200
companies:connector_add      in      in   sup      200   200        403     403
companies:connector_held     in      in   sup      200   200        403     200
companies:connector_pause    in      in   sup      to    to         403     403
companies:connector_remove   in      in   sup      200   200        403     403
companies:connector_rotate   in      in   sup      200   200        403     403
companies:connector_rules    in      in   sup      200   200        403     403
companies:connector_run      in      in   sup      200   200        403     200
companies:connector_run_export in      in   sup      200   200        403     200
companies:export             in      in   sup      200   200        200     200
companies:license            in      in   sup      200   403        403     403
companies:list               in      in   sup      200   200        200     200
companies:policies_reviewed  in      in   sup      to    to         403     403
companies:policy_off         in      in   sup      200   200        403     403
companies:policy_on          in      in   sup      200   200        403     403
companies:rename             in      in   sup      200   403        403     403
companies:settings           in      in   sup      200   200        200     200
companies:technicians        in      in   sup      200   403        403     403
healthz                      200     200  200      200   200        200     200
home                         in      in   sup      200   200        200     200
mfa_activate_totp            in      in   to       to    to         to      to
mfa_add_webauthn             in      in   to       to    to         to      to
mfa_authenticate             to      to   to       to    to         to      to
mfa_deactivate_totp          in      in   404      404   404        404     404
mfa_edit_webauthn            in      in   to       to    to         to      to
mfa_generate_recovery_codes  in      in   to       to    to         to      to
mfa_index                    in      in   200      200   200        200     200
mfa_list_webauthn            in      in   to       to    to         to      to
mfa_login_webauthn           to      to   to       to    to         to      to
mfa_reauthenticate           in      in   to       to    to         to      to
mfa_reauthenticate_webauthn  in      in   to       to    to         to      to
mfa_remove_webauthn          in      in   to       to    to         to      to
mfa_view_recovery_codes      in      in   404      404   404        404     404
readyz                       200     200  200      200   200        200     200
scim                         401     401  401      401   401        401     401
second_factor_setup          in      in   200      200   200        200     200
statements:export            in      in   sup      200   403        200     403
statements:list              in      in   sup      200   403        200     403
users:add                    in      in   sup      200   200        403     403
users:add_file               in      in   sup      200   200        403     403
users:add_file_check         in      in   sup      to    to         403     403
users:add_file_columns       in      in   sup      to    to         403     403
users:add_file_result        in      in   sup      404   404        403     403
users:add_file_template      in      in   sup      200   200        403     403
users:add_many               in      in   sup      200   200        403     403
users:edit                   in      in   sup      200   200        403     403
users:export                 in      in   sup      200   200        403     200
users:list                   in      in   sup      200   200        403     200
users:make_primary           in      in   sup      200   200        403     403
users:person                 in      in   sup      200   200        403     200
usersessions_end             in      in   405      405   405        405     405
usersessions_list            in      in   200      200   200        200     200
visit_end                    405     405  405      405   405        405     405
visit_stop                   405     405  405      405   405        405     405

POST                         visitor gone support  admin technician billing read_only
account                      in      in   405      405   405        405     405
account_change_password      in      in   422      422   422        422     422
account_email                in      in   to       to    to         to      to
account_email_verification_sent to      to   to       to    to         to      to
account_invitation           405     405  405      405   405        405     405
account_invitation_accept    404     404  404      404   404        404     404
account_login                200     200  to       to    to         to      to
account_logout               to      to   to       to    to         to      to
account_preferences          to      to   to       to    to         to      to
account_reauthenticate       in      in   422      422   422        422     422
account_reset_password       422     422  422      422   422        422     422
account_reset_password_done  405     405  405      405   405        405     405
account_reset_password_from_key 422     422  422      422   422        422     422
account_reset_password_from_key_done 405     405  405      405   405        405     405
account_set_password         in      in   to       to    to         to      to
audit:export                 405     405  405      405   405        405     405
audit:list                   405     405  405      405   405        405     405
colleagues:edit              in      in   sup      422   403        403     403
colleagues:end_invitation    in      in   sup      to    403        403     403
colleagues:invite            in      in   sup      422   403        403     403
colleagues:invite_again      in      in   sup      to    403        403     403
colleagues:list              405     405  405      405   405        405     405
colleagues:withdraw          in      in   sup      to    403        403     403
companies:activity           405     405  405      405   405        405     405
companies:activity_export    405     405  405      405   405        405     405
companies:add                in      in   sup      422   403        403     403
companies:auto_fill          in      in   sup      to    403        403     403
companies:bulk_license       405     405  405      405   405        405     405
companies:bulk_license_preview in      in   sup      to    403        403     403
companies:bulk_license_result 405     405  405      405   405        405     405
companies:checklist          in      in   sup      to    403        403     403
companies:close              in      in   sup      422   403        403     403
companies:connector          405     405  405      405   405        405     405
companies:connector_add      in      in   sup      422   422        403     403
companies:connector_held     in      in   sup      400   403        403     403
companies:connector_pause    in      in   sup      to    to         403     403
companies:connector_remove   in      in   sup      to    to         403     403
companies:connector_rotate   in      in   sup      422   422        403     403
companies:connector_rules    in      in   sup      422   422        403     403
companies:connector_run      405     405  405      405   405        405     405
companies:connector_run_export 405     405  405      405   405        405     405
companies:export             405     405  405      405   405        405     405
companies:license            in      in   sup      422   403        403     403
companies:list               405     405  405      405   405        405     405
companies:policies_reviewed  in      in   sup      to    to         403     403
companies:policy_off         in      in   sup      to    to         403     403
companies:policy_on          in      in   sup      to    to         403     403
companies:rename             in      in   sup      422   403        403     403
companies:settings           405     405  405      405   405        405     405
companies:technicians        in      in   sup      to    403        403     403
healthz                      405     405  405      405   405        405     405
home                         405     405  405      405   405        405     405
mfa_activate_totp            in      in   to       to    to         to      to
mfa_add_webauthn             in      in   to       to    to         to      to
mfa_authenticate             to      to   to       to    to         to      to
mfa_deactivate_totp          in      in   404      404   404        404     404
mfa_edit_webauthn            in      in   to       to    to         to      to
mfa_generate_recovery_codes  in      in   to       to    to         to      to
mfa_index                    in      in   405      405   405        405     405
mfa_list_webauthn            in      in   to       to    to         to      to
mfa_login_webauthn           to      to   to       to    to         to      to
mfa_reauthenticate           in      in   to       to    to         to      to
mfa_reauthenticate_webauthn  in      in   to       to    to         to      to
mfa_remove_webauthn          in      in   to       to    to         to      to
mfa_view_recovery_codes      in      in   405      405   405        405     405
readyz                       405     405  405      405   405        405     405
scim                         401     401  401      401   401        401     401
second_factor_setup          in      in   405      405   405        405     405
statements:export            405     405  405      405   405        405     405
statements:list              405     405  405      405   405        405     405
users:add                    in      in   sup      422   422        403     403
users:add_file               in      in   sup      422   422        403     403
users:add_file_check         in      in   sup      to    to         403     403
users:add_file_columns       in      in   sup      to    to         403     403
users:add_file_result        405     405  405      405   405        405     405
users:add_file_template      405     405  405      405   405        405     405
users:add_many               in      in   sup      422   422        403     403
users:edit                   in      in   sup      422   422        403     403
users:export                 405     405  405      405   405        405     405
users:list                   in      in   sup      400   400        403     403
users:make_primary           in      in   sup      to    to         403     403
users:person                 405     405  405      405   405        405     405
usersessions_end             in      in   404      404   404        404     404
usersessions_list            in      in   to       to    to         to      to
visit_end                    in      in   sup      to    403        403     403
visit_stop                   in      in   sup      403   403        403     403
"""
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/companies/"}
PLAIN = {"account_login", "account_logout"}
"""Never asked for by htmx: they may lead on as pages do."""
OF_A_PARTNER = {"account_id", "company_id", "invitation_id"}
"""What names a row that is one partner's."""
OWN = ("account", "mfa_", "second_factor", "usersessions_")
"""Nor are the pages of one's own sign-in."""
WRITES_BY_GET = {
    "audit:export",
    "companies:activity_export",
    "companies:connector_run_export",
    "companies:export",
    "statements:export",
    "users:export",
}
"""That something was taken away is written down."""

type Row = dict[str, str]


def parsed(table: str) -> dict[str, dict[str, Row]]:
    """By method and address: who gets what."""
    rows: dict[str, dict[str, Row]] = {}
    for block in table.strip().split("\n\n"):
        (method, *people), *lines = [line.split() for line in block.splitlines()]
        rows[method] = {name: dict(zip(people, cells, strict=True)) for name, *cells in lines}
    return rows


ROWS = parsed(TABLE)
CELLS = [(method, name, arguments) for method in ROWS for name, arguments in PATTERNS]
IDS = [f"{method}-{name}" for method, name, _arguments in CELLS]


@pytest.fixture
def ours() -> Partner:
    return make_partner("Ours")


def ids_of(company: Company) -> dict[str, Any]:
    """What stands in the addresses of the company."""
    connector = make_connector(company)
    return {
        "company_id": company.pk,
        "account_id": make_account(company.partner, name="Their colleague").pk,
        "invitation_id": make_invitation(company.partner)[0].pk,
        "user_id": add_people(company, 1)[0].pk,
        "connector_id": connector.pk,
        "run_id": make_run(connector).pk,
        "key": PolicyKey.TWO_FACTOR.value,
        "path": "Users",
        "pk": 0,
        "token": "a-preview-that-never-was",
        "uidb36": "0",
        "visit_id": start_visit(company.partner, by=make_support(), reason="Ticket 7").pk,
    }


def signed_in(person: str, partner: Partner, *given: Company) -> Client:
    """As a person of the partner; a Technician who was `given` these companies."""
    client = Client(raise_request_exception=False)
    if person == "visitor":
        return client
    role = Role(person) if person in Role else Role.ADMIN
    account = make_support() if person == "support" else make_account(partner, role=role)
    if account.sees_given_companies_only:
        give(account, *given)
    sign_in(client, account)
    if person == "gone":
        Account.objects.filter(pk=account.pk).update(is_active=False)
    return client


def answer(response: HttpResponseBase, name: str, headers: dict[str, str]) -> str:
    """The table's word for it."""
    ways = {"HX-Redirect": 200} if headers else {"Location": 302}
    if name in PLAIN or name.startswith(OWN):
        ways["Location"] = 302
    found = (response.headers.get(way) for way, status in ways.items() if response.status_code == status)
    led = next((address for address in found if address), None)
    if led is None:
        return str(response.status_code)
    if led.startswith("/accounts/login/?next="):
        return "in"
    return "sup" if led == "/admin/" else "to"


def test_every_address_is_in_the_table() -> None:
    assert {name for name, _arguments in PATTERNS} == set(ROWS["GET"]) == set(ROWS["POST"])


AS_PAGE_AND_PART = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])


@AS_PAGE_AND_PART
@pytest.mark.parametrize(("method", "name", "arguments"), CELLS, ids=IDS)
def test_ones_own(ours: Partner, method: str, name: str, arguments: tuple[str, ...], headers: dict[str, str]) -> None:
    """R24: what a role may not do is a 403, and changes nothing; nor does anything but a POST that is done."""
    company = make_company(ours, tier=Tier.ADVANCED)
    ids = ids_of(company) if arguments else {}
    address = reverse(name, kwargs={argument: ids[argument] for argument in arguments})
    found = {}
    for person in ROWS[method][name]:
        client = signed_in(person, ours, company)
        before = facts(ours)
        response = client.generic(method, address, headers=headers)
        found[person] = answer(response, name, headers)
        may_change = name in WRITES_BY_GET if method == "GET" else found[person] == "to"
        assert may_change or facts(ours) == before, person
    assert found == ROWS[method][name]


@AS_PAGE_AND_PART
@pytest.mark.parametrize(("method", "name", "arguments"), CELLS, ids=IDS)
def test_another_partners(
    ours: Partner, method: str, name: str, arguments: tuple[str, ...], headers: dict[str, str]
) -> None:
    """R23: a 404 for every role, as if it never was; who has no partner learns no more than of one's own."""
    if not OF_A_PARTNER & set(arguments):
        return
    company = make_company(make_partner("Theirs"), name="Their company", tier=Tier.ADVANCED)
    ids = ids_of(company)
    address = reverse(name, kwargs={argument: ids[argument] for argument in arguments})
    row = ROWS[method][name]
    given = make_company(ours)
    clients = {person: signed_in(person, ours, given) for person in row}
    before = facts(ours), facts(company.partner)
    found = {}
    for person, client in clients.items():
        response = client.generic(method, address, headers=headers)
        found[person] = answer(response, name, headers)
        assert b"Their co" not in response.getvalue()
    assert found == {person: "404" if person in Role and cell != "405" else cell for person, cell in row.items()}
    assert (facts(ours), facts(company.partner)) == before


@AS_PAGE_AND_PART
@pytest.mark.parametrize(("method", "name", "arguments"), [cell for cell in CELLS if "company_id" in cell[2]])
def test_not_given(ours: Partner, method: str, name: str, arguments: tuple[str, ...], headers: dict[str, str]) -> None:
    """R24: to a Technician, a company that was not given is like one that never was, whatever is asked of it."""
    company = make_company(ours, name="Their company", tier=Tier.ADVANCED)
    ids = ids_of(company)
    client = signed_in("technician", ours, make_company(ours))
    before = facts(ours)
    response = client.generic(
        method, reverse(name, kwargs={argument: ids[argument] for argument in arguments}), headers=headers
    )
    cell = ROWS[method][name]["technician"]
    assert answer(response, name, headers) == ("405" if cell == "405" else "404")
    assert b"Their company" not in response.getvalue()
    assert facts(ours) == before
