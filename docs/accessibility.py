"""Write docs/accessibility.md: run the tests that look at every page, and state what they have found.

$ uv run python docs/accessibility.py            # nothing is written unless all of them pass
$ uv run python docs/accessibility.py --check    # runs nothing; exits with 1 where the file says something else
"""

import os
import subprocess
import sys
from pathlib import Path

import django
import lighthouse

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

STATEMENT = DOCS / "accessibility.md"
TESTS = [
    f"tests/browser/test_{name}.py"
    for name in (
        "accessibility",
        "accessibility_beyond",
        "announced",
        "keyboard",
        "lighthouse",
        "passkeys",
        "planner",
        "shell",
        "weight",
    )
]
TEXT = """\
# Accessibility

The portal aims at [WCAG 2.2](https://www.w3.org/TR/WCAG22/), level AA. This statement is written by
`uv run python docs/accessibility.py`, which first runs the tests that it is about; they also run with all others, so
that a change that breaks something here does not pass. Of the support staff's own site, `/admin/`, which is Django's,
axe looks at ten pages as well, in light, in dark and at 375 pixels, and finds nothing; the rest of this statement is
not about it.

## Results

- **Pages**: {pages} pages in {screens} states, each in light and dark at 1,280 pixels and in light at 375: {runs} runs
  of axe-core {axe}, with its rules for WCAG 2.0, 2.1 and 2.2 at A and AA and its best practices. **0 violations.**
- **Targets**: smaller than 24 pixels and too near to others (WCAG 2.5.8; part of the same runs): **0.**
- **Reflow and zoom**: each state at 320 pixels and at 640, which is 200 % of 1,280. Pages that scroll sideways: **0.**
- **Reduced motion**: elements that move although the device asks for less, in all states: **0.**
- **Forced colours**: controls and badges without an edge, in all states: **0.**
- **Keyboard**: the way from the first seat to the downgrade with a keyboard alone **passes**: the focus is seen at
  every stop, Escape closes dialogs, the focus goes back to what opened them.
- **Screen readers**: roles, names, descriptions and live regions of the license dialog, the Users tab and messages,
  read from the browser's accessibility tree, are **as intended**.
- **Layout**: Home, Companies, Users and Settings come up without a shift, at 375 and 1,280 pixels: **0.**
- **Lighthouse** {lighthouse} on the same four pages, signed in: accessibility **100**, best practices **100**.

The pages are those of the URL conf; one that nobody looks at fails the tests. The states are, among others: empty
lists, nothing found, a selection made, forms refused, dialogs open, an offline portal, pages that are not there or not
allowed, and what each role sees. The pages of a crash (500), of a database that is away or busy (503) and of too many
attempts (429) are looked at in the same way, beside these numbers.

## Known limits

- Tests by machine find some of what can be wrong. People who use screen readers have not tried the portal yet; the
  accessibility tree was read in Chromium only.
- Forced colours are Chromium's emulation of them.
- E-mails are plain text. The CSV files have one header row and nothing else.
- Names, reasons and what directories send are shown as they came, whatever their language: they are not marked with
  it, only their direction is kept.
- On a phone the headings of tables are repeated in each row by the style sheet.
"""


def statement() -> str:
    """What is true as long as the tests pass; its numbers are counted where the tests take theirs from."""
    django.setup()
    from tests.browser import axe
    from tests.browser.screens import AREAS, LOOKS

    screens = [screen for screens in AREAS.values() for screen in screens]
    return TEXT.format(
        pages=len({screen.address for screen in screens}),
        screens=len(screens),
        runs=len(screens) * len(LOOKS),
        axe=axe.version(),
        lighthouse=lighthouse.VERSION,
    )


def main() -> int:
    """Compare, or test and write."""
    if "--check" in sys.argv:
        return 0 if STATEMENT.read_text() == statement() else 1
    tests = subprocess.run([sys.executable, "-m", "pytest", *TESTS], cwd=DOCS.parent, env=os.environ | {"CI": "true"})  # noqa: S603
    if tests.returncode == 0:
        STATEMENT.write_text(statement())
    return tests.returncode


if __name__ == "__main__":
    sys.exit(main())
