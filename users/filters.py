"""What the Users tab can be narrowed to."""

import unicodedata

import django_filters
from django import forms
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from users.enums import UserStatus
from users.models import User
from users.querysets import UserQuerySet

_LISTED = [(status.value, status.label) for status in UserStatus if status != UserStatus.REMOVED]


class UserFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`?q=` is part of a name or an e-mail, whatever its case; `?status=` one of the three that are listed."""

    q = django_filters.CharFilter(
        method="with_text",
        label=_("Name or e-mail"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "maxlength": 200}),
    )
    status = django_filters.ChoiceFilter(choices=_LISTED, label=_("Status"), empty_label=_("All"))

    class Meta:
        model = User
        fields: list[str] = []

    def with_text(self, users: UserQuerySet, _name: str, text: str) -> UserQuerySet:
        wanted = Lower(Value(" ".join(unicodedata.normalize("NFC", text[:200]).split())))
        return users.filter(Q(name_norm__contains=wanted) | Q(email_norm__contains=wanted))

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was asked for."""
        return any(self.form.cleaned_data.values()) if self.form.is_valid() else self.is_bound

    @property
    def only_waiting(self) -> bool:
        return bool(self.form.is_valid() and self.form.cleaned_data["status"] == UserStatus.PENDING)
