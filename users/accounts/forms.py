from typing import Any

from allauth.account.forms import LoginForm
from django.utils.translation import gettext_lazy as _


class SignInForm(LoginForm):  # type: ignore[misc]
    """E-mail and password; `login` and `password` are allauth's names for them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, autocomplete in (
            ("login", _("E-mail"), "username"),
            ("password", _("Password"), "current-password"),
        ):
            field = self.fields[name]
            field.label, field.help_text = label, ""
            field.widget.attrs.pop("placeholder", None)
            field.widget.attrs["autocomplete"] = autocomplete
        if not self.is_bound:
            self.fields["login"].widget.attrs["autofocus"] = True
