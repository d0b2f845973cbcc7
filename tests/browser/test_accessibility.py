"""WCAG 2.2 AA on every page, in its states: axe finds nothing wrong in light, in dark and on a phone, and pages fit.

The pages are those of the URL conf: a new one that nobody looks at fails.
"""

import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.axe import violations
from tests.browser.screens import AREAS, LOOKS, WITHOUT_A_PAGE, Screen
from tests.browser.world import World, make_world
from tests.tenancy.test_addresses import PATTERNS

ARGUMENTS = dict(reversed(PATTERNS))


def test_every_page_is_looked_at() -> None:
    looked_at = {screen.address for screens in AREAS.values() for screen in screens}
    assert looked_at | set(WITHOUT_A_PAGE) == {name for name, _arguments in PATTERNS}
    assert looked_at & set(WITHOUT_A_PAGE) == set()


def test_axe_sees_what_is_wrong(page: Page) -> None:
    """Also what it looks for only when asked."""
    small = "position: absolute; width: 9px; height: 9px; padding: 0; overflow: hidden"
    page.set_content(f"""<html lang="en"><title>Small</title><main><h1>Small</h1>
      <button style="{small}; left: 60px">A</button><button style="{small}; left: 70px">B</button><input>
      <p style="color: #999; background: #fff">Pale</p></main>""")
    assert {text.partition(":")[0] for text in violations(page)} == {"color-contrast", "label", "target-size"}


def test_the_statement_says_what_is_tested() -> None:
    """docs/accessibility.md is what `docs/accessibility.py` writes when these tests pass."""
    command = [sys.executable, "docs/accessibility.py", "--check"]
    assert subprocess.run(command, cwd=settings.BASE_DIR).returncode == 0


def show(page: Page, world: World, screen: Screen, server: LiveServer, language: str = "") -> list[str]:
    """Open the page as whoever looks at it; what went wrong on the way."""
    page.context.clear_cookies()
    if language:
        page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": server.url}])
    if cookie := world.cookies[screen.by]:
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": server.url}])
    page.emulate_media(color_scheme="light", reduced_motion="reduce", forced_colors="none")
    page.set_viewport_size({"width": 1280, "height": 900})
    path = screen.path(world, ARGUMENTS[screen.address]).format_map(world.ids)
    answer = page.goto(path)
    assert answer is not None
    if (answer.status, urlsplit(page.url).path) != (screen.status, urlsplit(path).path):
        return [f"answers {answer.status} at {page.url}"]
    if screen.act:
        screen.act(page)
    return []


# What moves although the person asked for less, and what nobody would see to be a control in the person's own colours.
MOVING = """[...document.querySelectorAll('*')].filter((element) => {
  const { animationName, transitionDuration, transitionProperty } = getComputedStyle(element);
  return animationName !== 'none' || (transitionProperty !== 'none' && /[1-9]/.test(transitionDuration));
}).map((element) => element.outerHTML.slice(0, 80))"""
EDGELESS = """[...document.querySelectorAll('.btn, .badge-status, .badge-tier, select, textarea, input')].filter(it => {
  const { borderTopStyle, borderTopWidth, forcedColorAdjust } = getComputedStyle(it);
  const drawnByBrowser = it.matches('[type=checkbox], [type=radio], [type=file], .visually-hidden');
  const edge = drawnByBrowser || (borderTopStyle !== 'none' && borderTopWidth !== '0px');
  return it.checkVisibility() && !(edge && forcedColorAdjust === 'auto');
}).map((element) => element.outerHTML.slice(0, 80))"""


def look_at(page: Page) -> list[str]:
    """What is wrong with the page as it stands."""
    found = []
    for look, (scheme, width) in LOOKS.items():
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{look}: {text}" for text in violations(page)]
    page.emulate_media(forced_colors="active")
    found += [f"moves: {text}" for text in page.evaluate(MOVING)]
    found += [f"without an edge in forced colours: {text}" for text in page.evaluate(EDGELESS)]
    page.emulate_media(forced_colors="none")
    for width in (320, 640):
        page.set_viewport_size({"width": width, "height": 740})
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"at {width} pixels it is {wide} wide")
    return found


@pytest.mark.parametrize("area", AREAS)
def test_no_page_has_a_violation(page: Page, live_server: LiveServer, area: str) -> None:
    world = make_world()
    found: list[str] = []
    for screen in AREAS[area]:
        problems = show(page, world, screen, live_server) or look_at(page)
        found += [f"{screen}: {text}" for text in problems]
    assert not found, "\n".join(found)
