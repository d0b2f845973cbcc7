"""The portal's texts are translated, whole and right, in every language that can be chosen (portal/locale)."""

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation import trans_real

from tests.portal.catalogues import IGNORED, LANGUAGES, ROOT, catalogue, entries, key

MARKS = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}|</?\w+[^>]*>")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    assert [key(entry) for entry in entries(language) if not entry.translated()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_put_in_and_what_is_marked_stays(language: str) -> None:
    """Placeholders and tags; the form for one may leave the number out."""
    wrong = []
    for entry in entries(language):
        whole = sorted(MARKS.findall(entry.msgid_plural or entry.msgid))
        texts = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
        for number, text in enumerate(texts):
            found = sorted(MARKS.findall(text))
            fewer = entry.msgid_plural and number == 0 and set(found) <= set(whole)
            if found != whole and not fewer:
                wrong.append((entry.msgid, text))
    assert wrong == []


def test_the_catalogues_hold_what_the_code_says(tmp_path: Path) -> None:
    """What `manage.py makemessages` would write anew is there already, and nothing besides."""
    if shutil.which("xgettext") is None:
        pytest.skip("needs xgettext: install gettext")
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*IGNORED))
    (tree / "portal" / "locale").mkdir()
    command = [sys.executable, "manage.py", "makemessages", "--locale", "de", "--add-location", "file"]
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = {key(entry) for entry in polib.pofile(str(tree / "portal/locale/de/LC_MESSAGES/django.po"))}
    for language in LANGUAGES:
        held = {key(entry) for entry in entries(language)}
        assert (language, sorted(said - held), sorted(held - said)) == (language, [], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_of_this_text(language: str) -> None:
    with catalogue(language, "mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    wrong = [entry.msgid for entry in entries(language) if _said(compiled, entry) != _written(compiled, entry)]
    assert wrong == []


# Which number tells the forms of a plural apart in all of these languages.
NUMBERS = (1, 2, 1_000_000)


def _said(compiled: gettext.GNUTranslations, entry: polib.POEntry) -> list[str]:
    one, many = entry.msgid, entry.msgid_plural
    if many and entry.msgctxt:
        return [compiled.npgettext(entry.msgctxt, one, many, number) for number in NUMBERS]
    if many:
        return [compiled.ngettext(one, many, number) for number in NUMBERS]
    return [compiled.pgettext(entry.msgctxt, one) if entry.msgctxt else compiled.gettext(one)]


def _written(compiled: gettext.GNUTranslations, entry: polib.POEntry) -> list[str]:
    if entry.msgid_plural:
        return [entry.msgstr_plural[compiled.plural(number)] for number in NUMBERS]  # type: ignore[attr-defined]
    return [entry.msgstr]


def test_no_text_hides_in_an_f_string() -> None:
    """Where gettext does not look for it."""
    hidden = []
    for path in python_files():
        for outer in ast.walk(ast.parse(path.read_text())):
            if isinstance(outer, ast.JoinedStr):
                calls = [node for node in ast.walk(outer) if isinstance(node, ast.Call)]
                names = {getattr(call.func, "id", getattr(call.func, "attr", "")) for call in calls}
                if names & {"_", "gettext", "ngettext", "pgettext", "npgettext", "gettext_lazy", "ngettext_lazy"}:
                    hidden.append(f"{path.relative_to(ROOT)}:{outer.lineno}")
    assert hidden == []


def python_files() -> list[Path]:
    return [path for app in ("companies", "licensing", "portal", "users") for path in (ROOT / app).rglob("*.py")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_django_counts_as_the_catalogue_does(language: str) -> None:
    """The libraries bring catalogues of their own; a plural of ours is not read by their rule."""
    ours = trans_real.translation(language)._catalog  # type: ignore[attr-defined]
    for entry in entries(language):
        if entry.msgid_plural:
            id_ = key(entry)
            assert ours.plural(id_, 1) == entry.msgstr_plural[0]
            assert ours.plural(id_, 2) == entry.msgstr_plural[max(entry.msgstr_plural)]


def test_the_switch_offers_the_languages_that_there_are() -> None:
    assert {path.name for path in (ROOT / "portal" / "locale").iterdir() if path.is_dir()} == set(LANGUAGES)
    assert [code for code, _name in settings.LANGUAGES] == ["en", "de", "es", "fr", "it", "ja", "nl"]
