"""axe on what no screen of screens.py shows: the pages of troubles that tests have to make."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_accessibility import look_at
from tests.factories import make_account, sign_in
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
