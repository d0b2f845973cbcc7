"""Messages, and that by them a request said to have done something."""

from typing import Any

from django.contrib.messages import SUCCESS
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest


class Messages(FallbackStorage):
    """Django's. Whatever does something says so by `messages.success`, and nothing else does."""

    def add(self, level: int, message: str, extra_tags: str | None = "", *args: Any, **kwargs: Any) -> None:
        if level == SUCCESS:
            self.request.has_done_something = True  # type: ignore[attr-defined]
        super().add(level, message, extra_tags, *args, **kwargs)


def has_done_something(request: HttpRequest) -> bool:
    """Whether this request, not an earlier one whose message still waits, told of a success."""
    return getattr(request, "has_done_something", False)
