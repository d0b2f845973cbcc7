"""The pages of bulk changes, as an Admin uses them."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from companies.models import Company
from companies.partners.models import Partner
from licensing.enums import Tier
from tests.factories import make_company
from tests.page import Page

LIST = "/companies/"
CHOOSE = "/companies/licenses/"
PREVIEW = "/companies/licenses/preview/"


def make_three(partner: Partner | None) -> list[Company]:
    """Adventure Works is full, Fabrikam and Wingtip have room."""
    return [
        make_company(partner, name="Adventure Works", seats=9, used=9),
        make_company(partner, name="Fabrikam", seats=5, used=2),
        make_company(partner, name="Wingtip", seats=20, used=3, tier=Tier.ADVANCED),
    ]


def preview(client: Client, companies: list[Company], **typed: Any) -> HttpResponse:
    data = {"companies": [company.pk for company in companies], "how": "set", "number": "8", "reason": ""} | typed
    return client.post(PREVIEW, data)  # type: ignore[return-value]


def confirm(client: Client, page: Page, choice: str) -> HttpResponse:
    """Press the button of a choice on a preview."""
    [form] = [
        form
        for form in page.all("form", action=PREVIEW)
        if [tag["value"] for tag in form.all(name="choice")] == [choice]
    ]
    return client.post(PREVIEW, {tag["name"]: tag["value"] for tag in form.all("input", type="hidden")})  # type: ignore[return-value]


def sums(page: Page) -> dict[str, str]:
    [found] = page.all("dl", class_="sums")
    return dict(zip(found.texts("dt"), found.texts("dd"), strict=True))


def seats(*companies: Company) -> list[int]:
    return [Company.objects.get(pk=company.pk).seats for company in companies]
