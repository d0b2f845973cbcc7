"""Somebody who has a keyboard and nothing else."""

from playwright.sync_api import Locator, Page, expect

_MOST_STOPS = 150
# The focus can be seen: an outline, or the edge of Bootstrap's fields, in the window.
_SEEN = """() => {
  const element = document.activeElement;
  if (element === document.body || element.id === "main") return "";
  const marked = [element, element.closest(".stat") ?? element].some((one) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
    return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
  });
  const { top, bottom, left, right } = element.getBoundingClientRect();
  const inside = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  return marked && inside ? "" : element.outerHTML.slice(0, 200);
}"""


class Keyboard:
    """Goes from stop to stop with Tab, as far as what is wanted; at each stop the focus must be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, wanted: Locator) -> None:
        expect(wanted).to_have_count(1)
        for _stop in range(_MOST_STOPS):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
            unseen = self.page.evaluate(_SEEN)
            assert not unseen, f"nobody sees that the focus is at {unseen}"
        raise AssertionError(f"Tab never comes to {wanted}")

    def press(self, wanted: Locator, key: str = "Enter") -> None:
        self.go_to(wanted)
        self.page.keyboard.press(key)

    def type(self, wanted: Locator, text: str) -> None:
        """In place of what stands there."""
        self.go_to(wanted)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)
