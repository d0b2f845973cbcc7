"""What the Users tab can be narrowed to."""

import unicodedata

import django_filters
from django import forms
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.web.folding import Folded
from users.enums import UserStatus
from users.models import StatusChange, User
from users.querysets import UserQuerySet

REJECTED = "rejected"
"""No status of its own: removed, by somebody who turned down a person who waited (R21)."""

_LISTED = [(status.value, status.label) for status in UserStatus if status != UserStatus.REMOVED]
_CHOICES = [*_LISTED, (REJECTED, pgettext_lazy("a user", "Rejected"))]


class UserFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?q=` is part of a name or an e-mail, whatever its case; `?status=` one of the three that are listed.

    `?status=rejected` asks for people who are not on the tab: `rejected` narrows them by the text alone.
    """

    q = django_filters.CharFilter(
        method="with_text",
        label=_("Name or e-mail"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "maxlength": 200}),
    )
    status = django_filters.ChoiceFilter(choices=_CHOICES, label=_("Status"), empty_label=pgettext_lazy("users", "All"))

    class Meta:
        model = User
        fields: list[str] = []

    def with_text(self, users: UserQuerySet, _name: str, text: str) -> UserQuerySet:
        return users.filter(_named(text))

    def rejected(self, rejections: QuerySet[StatusChange]) -> QuerySet[StatusChange]:
        """Those of the rejections that fit the text."""
        text = self.form.cleaned_data["q"]
        return rejections.filter(_named(text, "user__")) if text else rejections

    @property
    def chosen(self) -> list[str]:
        """The names of the filters that narrow the list."""
        self.form.is_valid()
        return [name for name, value in self.form.cleaned_data.items() if value]

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was asked for."""
        return any(self.form.cleaned_data.values()) if self.form.is_valid() else self.is_bound

    @property
    def only_waiting(self) -> bool:
        return self._chosen == UserStatus.PENDING

    @property
    def only_rejected(self) -> bool:
        return self._chosen == REJECTED

    @property
    def _chosen(self) -> str:
        return str(self.form.cleaned_data["status"]) if self.form.is_valid() else ""


def _named(text: str, of: str = "") -> Q:
    """Whose name or e-mail the text is part of; `of` is the way to the person."""
    wanted = Value(" ".join(unicodedata.normalize("NFC", text[:200]).split()))
    return Q(**{f"{of}name_sort__contains": Folded(wanted)}) | Q(**{f"{of}email_norm__contains": Lower(wanted)})
