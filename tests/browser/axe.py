"""axe-core on the page that is open: evaluated, not added to it, so that the content security policy stays as it is."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_SOURCE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
_RUN = """async (tags) => {
  const { violations } = await axe.run(document, {
    runOnly: tags, resultTypes: ["violations"], rules: { "target-size": { enabled: true } },
  });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => [id, node.target.join(" "), node.failureSummary]));
}"""


def version() -> str:
    """It stands in the first line: `/*! axe v4.14.1`."""
    return _SOURCE.split(maxsplit=3)[2].removeprefix("v")


def violations(page: Page) -> list[str]:
    """Everything that axe finds wrong in the page as it stands: rule, element, why."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SOURCE)
    found: list[list[Any]] = page.evaluate(_RUN, TAGS)
    return [f"{rule}: {place}: {' '.join(why.split())}" for rule, place, why in found]
