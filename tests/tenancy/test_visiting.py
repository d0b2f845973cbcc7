"""Every address of the portal, asked for by support staff who view it as the partner does (R25): the exact answer.

What partners' staff alone may ask for (`sup` in test_matrix.py) is read where it stands below, and refused elsewhere;
no form is ever sent. What is everybody's, as one's own sign-in, is as it is without a visit.
"""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.models import Company
from companies.partners.models import Partner
from licensing.enums import Tier
from tests.factories import make_company, make_partner, view_as
from tests.facts import Facts, facts
from tests.tenancy.test_matrix import AS_PAGE_AND_PART, CELLS, IDS, ROWS, answer, ids_of

pytestmark = pytest.mark.django_db

READ = {
    "audit:list": "200",
    "companies:activity": "200",
    "companies:connector": "200",
    "companies:connector_held": "200",
    "companies:connector_run": "200",
    "companies:list": "200",
    "companies:settings": "200",
    "home": "200",
    "statements:list": "200",
    "users:list": "200",
    "users:person": "200",
}
"""What a visit shows. All else of the partner's is a 403, forms that would change something included."""
NOT_OF_A_VISIT = {"visit_end", "visit_stop"}
"""How one ends: tests/users/accounts/test_visits.py."""

TABLE = [(cell, id) for cell, id in zip(CELLS, IDS, strict=True) if cell[1] not in NOT_OF_A_VISIT]
EVERYWHERE = pytest.mark.parametrize(
    ("method", "name", "arguments"), [cell for cell, _id in TABLE], ids=[id for _cell, id in TABLE]
)


def expected(method: str, name: str) -> str:
    row = ROWS[method][name]
    if row["support"] != "sup":
        return row["support"]
    return READ.get(name, "403") if method == "GET" else "403"


def unread(partner: Partner) -> Facts:
    """All that the database holds of the partner, but for the word that a company was looked at."""
    rows = facts(partner)
    label = AuditEvent._meta.label
    rows[label] = [row for row in rows[label] if row["act"] != Act.COMPANY_VIEWED]
    return rows


def of(company: Company, arguments: tuple[str, ...]) -> dict[str, Any]:
    ids = ids_of(company)
    return {argument: ids[argument] for argument in arguments}


def test_what_a_visit_reads_is_in_the_table() -> None:
    assert set(READ) <= set(ROWS["GET"])
    assert {ROWS["GET"][name]["support"] for name in READ} == {"sup"}


@AS_PAGE_AND_PART
@EVERYWHERE
def test_a_visit_reads_and_changes_nothing(
    method: str, name: str, arguments: tuple[str, ...], headers: dict[str, str]
) -> None:
    ours = make_partner("Ours")
    address = reverse(name, kwargs=of(make_company(ours, tier=Tier.ADVANCED), arguments))
    client = Client(raise_request_exception=False)
    view_as(client, ours)
    before = unread(ours)
    response = client.generic(method, address, headers=headers)
    assert answer(response, name, headers) == expected(method, name)
    signed_out = method == "POST" and name == "account_logout"
    assert signed_out or unread(ours) == before


@AS_PAGE_AND_PART
@EVERYWHERE
def test_a_visit_to_another_partner_opens_nothing(
    method: str, name: str, arguments: tuple[str, ...], headers: dict[str, str]
) -> None:
    """R23: a 404, as if it never was; a form is not even looked at."""
    if "company_id" not in arguments:
        return
    company = make_company(make_partner("Theirs"), name="Their company", tier=Tier.ADVANCED)
    address = reverse(name, kwargs=of(company, arguments))
    client = Client(raise_request_exception=False)
    view_as(client, make_partner("Ours"))
    before = facts(company.partner)
    response = client.generic(method, address, headers=headers)
    allowed = ROWS[method][name]["support"]
    assert answer(response, name, headers) == ("405" if allowed == "405" else "404" if method == "GET" else "403")
    assert b"Their company" not in response.getvalue()
    assert facts(company.partner) == before
