"""Read an answer as a person does: texts of tables, fields, alerts, messages; not strings of HTML."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.http import HttpResponseBase

_VOID = frozenset({"br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_HIDDEN = frozenset({"script", "style", "head"})


@dataclass
class Tag:
    """One element of a page."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Tag | str"] = field(default_factory=list)

    def __getitem__(self, attribute: str) -> str:
        return self.attributes[attribute]

    def all(self, name: str = "", /, **attributes: str) -> list["Tag"]:
        """Every element below with that name and these attributes; `class_` and `for_` for Python's own words."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            tag
            for tag in self._below()
            if name in {"", tag.name} and all(tag.attributes.get(key) == value for key, value in wanted.items())
        ]

    def one(self, name: str = "", /, **attributes: str) -> "Tag":
        [tag] = self.all(name, **attributes)
        return tag

    @property
    def text(self) -> str:
        """What is read, with white space as a browser shows it."""
        return " ".join("".join(self._texts()).split())

    def texts(self, name: str = "", /, **attributes: str) -> list[str]:
        return [tag.text for tag in self.all(name, **attributes)]

    def _below(self) -> Iterator["Tag"]:
        for child in self.children:
            if isinstance(child, Tag):
                yield child
                yield from child._below()

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.name not in _HIDDEN:
                yield from child._texts()
                if child.name not in {"a", "span", "strong", "b", "em", "i", "svg", "use"}:
                    yield " "


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Tag("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Tag(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Tag(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag, f"</{tag}> closes nothing, at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


class Page(Tag):
    """A whole answer. Elements that are not closed in order fail."""

    def __init__(self, response: HttpResponseBase) -> None:
        super().__init__("")
        reader = _Reader()
        reader.feed(response.content.decode())  # type: ignore[attr-defined]
        assert len(reader.open) == 1, f"never closed: {reader.open[1:]}"
        self.children = reader.open[0].children

    @property
    def alert(self) -> Tag:
        """The one alert."""
        return self.one(role="alert")

    @property
    def messages(self) -> list[str]:
        return self.one(id="messages").texts("p")

    @property
    def rows(self) -> list[list[str]]:
        """The cells of every row in the bodies of tables."""
        return [
            [cell.text for cell in row.children if isinstance(cell, Tag)]
            for body in self.all("tbody")
            for row in body.all("tr")
        ]

    def input(self, name: str) -> Tag:
        """The field with that name."""
        [tag] = [tag for kind in ("input", "select", "textarea") for tag in self.all(kind, name=name)]
        return tag

    def value(self, name: str) -> str:
        """What stands in the field."""
        tag = self.input(name)
        if tag.name == "select":
            return next((option["value"] for option in tag.all("option") if "selected" in option.attributes), "")
        return tag.text if tag.name == "textarea" else tag.attributes.get("value", "")

    def errors(self, name: str) -> list[str]:
        """What is said at the field, found as screen readers find it."""
        tag = self.input(name)
        described = tag.attributes.get("aria-describedby", "").split()
        if tag.attributes.get("aria-invalid") != "true":
            return []
        return [text for id in described if id.endswith("_error") for text in self.one(id=id).texts("li")]
