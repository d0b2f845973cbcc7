"""Support's searches fold as the database does: İ, ß and Σ are found as they are written (R25)."""

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from companies.audit.models import AuditEvent
from companies.models import Company
from licensing.enums import Tier
from licensing.models import LedgerEntry
from tests.factories import make_company, make_connector
from tests.page import Page
from users.accounts.models import Account
from users.directory.claims import Claim
from users.directory.models import Entry
from users.directory.sync import bring
from users.models import User
from users.people import Person
from users.provisioning import add_users

pytestmark = pytest.mark.django_db

NAMES = ["İSTANBUL ILIK", "Große STRAẞE", "ΣΊΣΥΦΟΣ", "100%_'\\"]


def found(client: Client, model: type[Model], text: str) -> int:
    """How many rows the list shows."""
    page = Page(client.get(reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"), {"q": text}))
    return len(page.rows)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_found(client: Client, support: Account, name: str) -> None:
    """Whole and by its words; and nobody else is."""
    make_company(name="Contoso")
    company = make_company(name=name, tier=Tier.ADVANCED)
    add_users(company, people=[Person(name, "Lee", "ada@x.example")], by=None)
    bring(make_connector(company), Claim(name, first_name="Bob", last_name="Lee", email="bob@x.example"))
    searches = [name, *name.split(), f'"{name}"' if "\\" not in name else name]
    assert [found(client, Company, text) for text in searches] == [1] * len(searches)
    assert [found(client, User, text) for text in searches] == [1] * len(searches)
    assert [found(client, Entry, text) for text in searches] == [1] * len(searches)
    for model in (LedgerEntry, AuditEvent):
        rows = model._default_manager.filter(company=company).count()
        assert rows > 0
        assert [found(client, model, text) for text in searches] == [rows] * len(searches)


@pytest.mark.parametrize(
    ("name", "text", "in_names"),
    [
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ", True),
        ("Straße", "STRASSE", False),  # a company's name is folded by lower() alone
        ("Strasse", "straße", False),
        ("ILIK", "ilik", True),
        ("Éclair", "ÉCLAIR", True),
    ],
)
def test_case_does_not_count(client: Client, support: Account, name: str, text: str, in_names: bool) -> None:
    add_users(make_company(name=name), people=[Person(name, "Lee", "ada@x.example")], by=None)
    assert found(client, Company, text) == int(in_names)
    assert found(client, User, text) == 1


def test_each_word_counts_and_those_in_quotes_are_one(client: Client, support: Account) -> None:
    make_company(name="Große Straße Nord")
    make_company(name="Straße Große")
    assert [
        found(client, Company, text) for text in ("straße große", '"straße große"', "straße nord", "süd straße")
    ] == [
        2,
        1,
        1,
        0,
    ]
