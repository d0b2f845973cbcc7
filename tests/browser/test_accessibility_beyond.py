"""axe on what no screen of screens.py shows: pages of troubles that tests have to make, and support's own site."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from licensing.enums import Tier
from tests.browser.axe import violations
from tests.browser.screens import LOOKS
from tests.browser.test_accessibility import look_at
from tests.factories import make_account, make_company, make_support, sign_in
from tests.portal.sample.pages import use_sample_pages
from users.accounts.models import Account

TROUBLES = {"crash": 500, "down": 503, "busy": 503, "locked": 503, "too_many": 429, "refused": 422, "nothing": 404}


def come_in(page: Page, account: Account, server: LiveServer) -> None:
    client = Client()
    sign_in(client, account)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": server.url}])


@pytest.mark.parametrize(("how", "status"), TROUBLES.items())
@pytest.mark.parametrize("signed_in", [True, False], ids=["signed-in", "visitor"])
def test_no_page_of_a_trouble_has_a_violation(
    page: Page, live_server: LiveServer, settings: Settings, how: str, status: int, signed_in: bool
) -> None:
    use_sample_pages(settings)
    if signed_in:
        come_in(page, make_account(), live_server)
    page.emulate_media(reduced_motion="reduce")
    answer = page.goto(f"/sample/failing/{how}/")
    assert answer is not None
    assert answer.status == status
    assert look_at(page) == []


SUPPORT = [
    "",
    "companies/company/",
    "companies/company/{company}/change/",
    "companies/company/rule/ChangeLicense/?ids={company}",
    "partners/partner/",
    "partners/partner/{partner}/change/",
    "accounts/account/",
    "users/user/",
    "audit/auditevent/",
    "password_change/",
]
DJANGOS_OWN = "label-title-only: #searchbar:"
"""No rule of WCAG: the label of Django's search is an image with a text."""


def test_no_page_of_supports_site_has_a_violation(page: Page, live_server: LiveServer) -> None:
    """Loaded anew for each look: Django's pages move from one colour to the other."""
    company = make_company(name="Fabrikam", seats=5, used=2, tier=Tier.ADVANCED)
    come_in(page, make_support(), live_server)
    found = []
    for path in SUPPORT:
        for look, (scheme, width) in LOOKS.items():
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            answer = page.goto("/admin/" + path.format(company=company.pk, partner=company.partner_id))
            assert answer is not None
            assert answer.status == 200
            page.wait_for_load_state("networkidle")
            found += [f"{path} {look}: {text}" for text in violations(page) if not text.startswith(DJANGOS_OWN)]
    assert found == []
