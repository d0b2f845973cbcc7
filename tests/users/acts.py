"""What is done to people on the Users tab, for the tests of it."""

from collections.abc import Collection
from typing import Any

from django.http import HttpResponseBase
from django.test import Client

from companies.models import Company
from licensing.enums import Tier
from licensing.ledger import newest_number
from licensing.pools import change_license
from tests.page import Page
from users.models import User


def post(client: Client, company: Company, act: str, users: Collection[User] = (), **data: Any) -> HttpResponseBase:
    query, headers = data.pop("query", ""), data.pop("headers", {})
    sent = {"act": act, "users": [user.pk for user in users], **data}
    return client.post(f"/companies/{company.pk}/users/{query}", sent, headers=headers)


def messages(client: Client, company: Company) -> list[str]:
    return Page(client.get(f"/companies/{company.pk}/users/")).messages


def waiting(company: Company) -> list[User]:
    return list(company.users.filter(status="pending").order_by("arrival"))


def add_seats(company: Company, count: int) -> None:
    company.refresh_from_db()
    seen = newest_number(company)
    change_license(company, seats=company.seats + count, tier=Tier(company.tier), seen=seen, by=None)
