"""What pages weigh, that they ask no other host, and that nothing on them jumps."""

import gzip
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Page, Response, expect
from pytest_django.live_server_helper import LiveServer

from licensing.enums import Tier
from tests.browser.world import make_world
from tests.factories import make_account, make_company, make_partner
from tests.users.accounts import steps

FIRST, LATER = 100_000, 20_000
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 500);
})"""


def sent(response: Response) -> int:
    """Bytes of the body as they are sent: pages by the middleware; files as `collectstatic` packs them."""
    if urlsplit(response.url).path.startswith(settings.STATIC_URL):
        return len(gzip.compress(response.body(), 9))
    assert response.headers["content-encoding"] == "gzip"
    return response.request.sizes()["responseBodySize"]


def let_in(page: Page, server: LiveServer, cookie: str) -> None:
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": server.url}])


def test_the_companies_tab_is_light(page: Page, live_server: LiveServer) -> None:
    partner = make_partner("Northwind")
    cookie = steps.sign_in(make_account(partner)).cookies[settings.SESSION_COOKIE_NAME].value
    for number in range(60):
        make_company(partner, name=f"Company No. {number}", tier=Tier.ADVANCED if number % 3 else Tier.STANDARD)
    let_in(page, live_server, cookie)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/companies/", wait_until="networkidle")
    first, answers[:] = {answer.url: sent(answer) for answer in answers}, []
    assert sum(first.values()) <= FIRST, first
    assert {urlsplit(url).netloc for url in first} == {urlsplit(live_server.url).netloc}
    assert {urlsplit(url).path.rpartition(".")[2] for url in first} == {"/companies/", "css", "js", "svg"}

    page.get_by_role("link", name="2", exact=True).click()
    expect(page.locator("[aria-current=page]").filter(has_text="2")).to_be_visible()
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.wait_for_load_state("networkidle")
    later = {answer.url: sent(answer) for answer in answers if answer.request.resource_type in {"document", "xhr"}}
    assert len(later) == 2
    assert max(later.values()) <= LATER, later
    assert {urlsplit(answer.url).netloc for answer in answers} == {urlsplit(live_server.url).netloc}


@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_jumps(page: Page, live_server: LiveServer, width: int) -> None:
    world = make_world()
    let_in(page, live_server, world.cookies["admin"])
    company = world.ids["company_id"]
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/companies/", f"/companies/{company}/users/", f"/companies/{company}/settings/"):
        page.goto(path, wait_until="networkidle")
        assert page.evaluate(SHIFTS) == 0, path
