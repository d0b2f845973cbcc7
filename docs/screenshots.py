"""Make the pictures of the README from a running demo.

$ uv run manage.py demo --port 8000
$ uv run python docs/screenshots.py http://localhost:8000
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).resolve().parent / "images"
WIDTH, HEIGHT = 1280, 800
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]


def main(address: str) -> None:
    """Sign in as an admin of the demo and take each picture."""
    with sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        context = browser.new_context(base_url=address, viewport={"width": WIDTH, "height": HEIGHT})
        page = context.new_page()
        sign_in(page)
        page.screenshot(path=IMAGES / "home.png")
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        page.screenshot(path=IMAGES / "home-dark.png")
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        page.goto("/companies/")
        page.get_by_role("link", name="Adventure Works").click()
        page.get_by_role("tab", name="Users", selected=True).wait_for()
        page.screenshot(path=IMAGES / "users.png")
        page.goto("/companies/?q=fabrikam")
        page.get_by_role("link", name="Fabrikam", exact=True).click()
        page.get_by_role("tab", name="Settings").click()
        page.get_by_role("button", name="Edit license").click()
        page.get_by_role("dialog", name="Edit license").wait_for()
        page.screenshot(path=IMAGES / "license.png")
        browser.close()


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("E-mail").fill("admin@northwind.example")
    page.get_by_label("Password").fill("demo-portal")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Home").wait_for()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
