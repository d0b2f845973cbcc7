"""Every page speaks each language whole, and fits the screen in it."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import trans_real
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.pseudo import CLOSE, CODE, OPEN, speak_pseudo
from tests.browser.screens import AREAS
from tests.browser.test_accessibility import show
from tests.browser.world import make_world

# All that is read: what stands on the page, in its order, and what screen readers say beside it.
READ = """() => {
  const said = [document.title], shown = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (!node.parentElement.closest('script, style, svg, template, noscript, code')) shown.push(node.data);
      continue;
    }
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description', 'aria-valuetext'])
      if (node.hasAttribute(name)) said.push(node.getAttribute(name));
    if (node.matches('input[type=submit], input[type=button]')) said.push(node.value);
  }
  return [...said, shown.join('\\u0001')];
}"""
# What is nobody's language: names, addresses and codes of the world that is looked at, currencies, names of languages.
NAMES = re.compile(
    r"""\b(Northwind|Adventure\ Works|Wingtip|Contoso|Head\ office|Branch|Another|Phone|Ticket\ 7
    |Ann\ Lee|Fay|New|Ivy|Support|(Person|Primary)\ +Number\d+|Person|Number\d+|(Account|Partner)\ \d+
    |\S+@\S+|EUR|nobody|not-an-address|people\.csv|Bo|Cy|Orr|nonsense|Given|Family|Mail
    |English|Deutsch|Español|Français|Italiano|Nederlands|Pseudo)\b|日本語""",
    re.VERBOSE,
)
LETTER = re.compile(r"[^\W\d_]")
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def bare(text: str) -> list[str]:
    """What of the text stands outside all brackets and holds letters."""
    depth, outside = 0, ""
    for char in text:
        if char == OPEN:
            depth += 1
            outside += "\u0001"
        elif char == CLOSE:
            depth -= 1
        elif depth == 0:
            outside += char
    parts = (" ".join(part.split()) for part in outside.split("\u0001"))
    return [part for part in parts if LETTER.search(part)]


def names_apart(text: str) -> list[str]:
    return [part for part in bare(text) if LETTER.search(NAMES.sub("", part))]


@pytest.mark.parametrize("area", AREAS)
def test_every_text_is_marked_and_translated(page: Page, live_server: LiveServer, settings: Any, area: str) -> None:
    """Ours and those of the libraries: nothing is shown that passed no catalogue, or is missing in one."""
    world = make_world()
    language = speak_pseudo(settings)
    found = []
    for screen in AREAS[area]:
        with translation.override(CODE):
            problems = show(page, world, screen, live_server, language=CODE)
        texts = problems or [part for text in page.evaluate(READ) for part in names_apart(text)]
        found += [f"{screen}: {text}" for text in texts]
    found += [f"{code}: {text}" for code in LANGUAGES for text in missing(language.asked, code)]
    assert not found, "\n".join(found)


def missing(asked: set[str], language: str) -> list[str]:
    """What no catalogue holds, neither ours nor one of a library."""
    catalogue = trans_real.translation(language)._catalog  # type: ignore[attr-defined]
    held = (catalogue.get(text, catalogue.get((text, 0))) for text in asked)
    return sorted(text for text, translated in zip(asked, held, strict=True) if text and translated is None)


# What sticks out of the page to the right, but for what scrolls in a box of its own.
FITS = """() => {
  const room = document.documentElement.clientWidth;
  const cuts = (it) => /auto|scroll|hidden/.test(getComputedStyle(it).overflowX);
  const scrolls = (it) => it && (cuts(it) || scrolls(it.parentElement));
  const wide = [...document.querySelectorAll('body *')].filter((it) =>
    it.checkVisibility() && it.getBoundingClientRect().right > room + 1 && !scrolls(it.parentElement));
  return wide.map((it) => it.outerHTML.slice(0, 120)).slice(-2);
}"""


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_fits_in_every_language(page: Page, live_server: LiveServer, language: str, area: str) -> None:
    world = make_world()
    found = []
    for screen in AREAS[area]:
        with translation.override(language):
            problems = show(page, world, screen, live_server, language=language)
        if problems or page.get_attribute("html", "lang") != language:
            found += [f"{screen}: {problems or page.get_attribute('html', 'lang')}"]
            continue
        for width in (1280, 375):
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"{screen} at {width}: {text}" for text in page.evaluate(FITS)]
    assert not found, "\n".join(found)
