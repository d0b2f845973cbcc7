"""Puts the sample pages in place of the portal's addresses for one test."""

from pathlib import Path

from pytest_django import Settings

_TEMPLATES = Path(__file__).parent / "templates"


def use_sample_pages(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.portal.sample.urls"
    first = settings.TEMPLATES[0]
    settings.TEMPLATES = [first | {"DIRS": [*first["DIRS"], _TEMPLATES]}]
