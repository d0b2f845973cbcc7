"""Ask Lighthouse about Home, Companies, Users and Settings of a running demo, signed in.

$ uv run manage.py demo --port 8000
$ uv run python docs/lighthouse.py http://localhost:8000

Exits with 1 unless accessibility and best practices are 100 everywhere; performance is told, it depends on the machine.
It needs Node 18.16 or newer with npm, and Chromium; Lighthouse itself is installed once into ~/.cache.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

VERSION = "12.2.3"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / f"portal-lighthouse-{VERSION}"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
MUST_BE_FULL = ("accessibility", "best-practices")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main(address: str, email: str, password: str, categories: Sequence[str]) -> int:
    """Print a line of scores for each page, then what cost points; 1 where a score that must be full is not."""
    lighthouse, chromium = install(), find_chromium()
    pages, cookies = sign_in(address, email, password, chromium)
    say(f"{'':12}" + "".join(f"{category:>16}" for category in categories))
    wanting = []
    for name, url in pages.items():
        report = ask(lighthouse, url, cookies, chromium, categories)
        scores = {category: report["categories"][category]["score"] or 0 for category in categories}
        say(f"{name:12}" + "".join(f"{scores[category] * 100:>16.0f}" for category in categories))
        wanting += [f"{name}: {lost}" for category in MUST_BE_FULL for lost in lost_points(report, category)]
        wanting += [f"{name}: {category} is not full" for category in MUST_BE_FULL if scores[category] != 1]
    say(*wanting)
    return 1 if wanting else 0


def say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)  # noqa: T201


def install() -> Path:
    """Where Lighthouse is. Two at the same time may both install it: the first one stays."""
    command = CACHE / "node_modules" / ".bin" / "lighthouse"
    if command.exists():
        return command
    npm = shutil.which("npm") or sys.exit(
        "npm is missing: install Node 18.16 or newer (Debian: apt install nodejs npm)."
    )
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as place:
        packages = [f"lighthouse@{VERSION}"]
        quiet = ["--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
        subprocess.run([npm, "install", "--prefix", place, *quiet, *packages], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        if not command.exists():
            shutil.copytree(place, CACHE, symlinks=True, dirs_exist_ok=True)
    return command


def find_chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    return found or sys.exit("Chromium is missing: apt install chromium, or name it in $CHROMIUM.")


def sign_in(address: str, email: str, password: str, chromium: str) -> tuple[dict[str, str], str]:
    """The addresses of the pages, and a signed-in session's cookies as a header."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS[1:])
        page = browser.new_context(base_url=address).new_page()
        page.goto("/")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Home").wait_for()
        home = page.url
        page.get_by_role("link", name="Companies", exact=True).click()
        page.locator("#companies tbody th a").first.wait_for()
        companies = page.url
        page.locator("#companies tbody th a").first.click()
        page.get_by_role("tab", name="Users").wait_for()
        users = page.url
        cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
        browser.close()
    settings = re.sub(r"users/.*", "settings/", users)
    return {"Home": home, "Companies": companies, "Users": users, "Settings": settings}, cookies


def ask(lighthouse: Path, url: str, cookies: str, chromium: str, categories: Sequence[str]) -> dict[str, Any]:
    """Lighthouse's report of one page, as on a desk."""
    with tempfile.TemporaryDirectory() as folder:
        # In a file: nobody reads the session from a list of processes.
        headers, out = Path(folder) / "headers.json", Path(folder) / "report.json"
        headers.write_text(json.dumps({"Cookie": cookies}))
        command = [str(lighthouse), url, "--quiet", "--preset=desktop", "--output=json", f"--output-path={out}"]
        command += [f"--extra-headers={headers}", f"--chrome-flags={' '.join(FLAGS)}"]
        command += [f"--only-categories={','.join(categories)}"]
        subprocess.run(command, check=True, env=os.environ | {"CHROME_PATH": chromium})  # noqa: S603
        report: dict[str, Any] = json.loads(out.read_text())
    if report["finalDisplayedUrl"] != url:
        sys.exit(f"{url} led to {report['finalDisplayedUrl']}.")
    return report


def lost_points(report: dict[str, Any], category: str) -> list[str]:
    """The audits that count and are not passed in full."""
    counted = [part["id"] for part in report["categories"][category]["auditRefs"] if part["weight"]]
    audits = [report["audits"][name] for name in counted]
    return [f"{audit['id']}: {audit['title']}" for audit in audits if audit["score"] not in {None, 1}]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?", default="http://localhost:8000")
    parser.add_argument("--email", default="admin@northwind.example")
    parser.add_argument("--password", default="demo-portal")
    parser.add_argument("--judged-only", action="store_true", help="leave out what is only told: it takes less time")
    chosen = parser.parse_args()
    sys.exit(main(chosen.address, chosen.email, chosen.password, MUST_BE_FULL if chosen.judged_only else CATEGORIES))
