"""What people read of acts of accounts, of the partner itself, and of support's visits (R24, R25).

`account` is the id of the account that an act is about, `invitation` that of an invitation; both are named as they are
called now. Of companies that were given or taken, ten ids at most are kept, and their number.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from companies.audit.enums import Act
from companies.audit.names import Names, Text, some_companies
from portal.web.texts import listed
from users.accounts.enums import Role
from users.accounts.permissions import Permission

type _Data = Mapping[str, Any]

WAYS = {
    "password": gettext_lazy("password"),
    "totp": gettext_lazy("authenticator app"),
    "webauthn": gettext_lazy("passkey"),
    "recovery_codes": gettext_lazy("recovery code"),
    "invitation": gettext_lazy("invitation"),
    "code": gettext_lazy("code by e-mail"),
}
"""How one signs in, and what second factors there are."""
_FACTORS = WAYS | {"recovery_codes": gettext_lazy("recovery codes")}
_ATTEMPTS = {
    "account_login": gettext_lazy("sign-in"),
    "account_reset_password": gettext_lazy("password reset"),
    "account_reset_password_from_key": gettext_lazy("password reset"),
    "account_reauthenticate": gettext_lazy("confirmation of who one is"),
    "mfa_reauthenticate": gettext_lazy("confirmation of who one is"),
    "mfa_reauthenticate_webauthn": gettext_lazy("confirmation of who one is"),
    "mfa_authenticate": gettext_lazy("second factor"),
    "mfa_login_webauthn": gettext_lazy("passkey"),
    "account_email": gettext_lazy("change of e-mail"),
    "account_change_password": gettext_lazy("change of password"),
    "account_email_verification_sent": gettext_lazy("code by e-mail"),
    "account_invitation": gettext_lazy("invitation"),
    "account_invitation_accept": gettext_lazy("invitation"),
    "colleagues:invite": gettext_lazy("invitations sent"),
    "colleagues:invite_again": gettext_lazy("invitations sent"),
}
_ACCOUNT_FIELDS = {
    "email": gettext_lazy("e-mail"),
    "name": gettext_lazy("name"),
    "password": gettext_lazy("password"),
    "groups": gettext_lazy("groups"),
    "is_superuser": gettext_lazy("all permissions"),
}
_PERMISSIONS: dict[str, Any] = {
    Permission.SEE_USERS: gettext_lazy("see users"),
    Permission.CHANGE_USERS: gettext_lazy("change users"),
    Permission.SEE_POLICIES: gettext_lazy("see policies and connectors"),
    Permission.CHANGE_POLICIES: gettext_lazy("change policies"),
    Permission.CHANGE_CONNECTORS: gettext_lazy("change connectors"),
    Permission.DECIDE_HELD: gettext_lazy("confirm or reject held changes of a directory"),
    Permission.CHANGE_LICENSE: gettext_lazy("change the license"),
    Permission.CHANGE_COMPANIES: gettext_lazy("change companies"),
    Permission.SEE_STATEMENTS: gettext_lazy("see statements"),
    Permission.SEE_AUDIT: gettext_lazy("see the audit"),
    Permission.MANAGE_COLLEAGUES: gettext_lazy("manage colleagues"),
}
_PARTNER_FIELDS = {
    "name": gettext_lazy("name"),
    "time_zone": gettext_lazy("time zone"),
    "currency": gettext_lazy("currency"),
    "price_standard": gettext_lazy("price of Standard"),
    "price_advanced": gettext_lazy("price of Advanced"),
}


def _account(data: _Data, names: Names) -> str:
    return names.accounts.get(data.get("account", 0)) or _("an account")


def _colleague(data: _Data, names: Names) -> str:
    return names.invitations.get(data["invitation"]) or _("a colleague")


def _role(role: str) -> str:
    return str(Role(role).label) if role in Role.values else _("none")


def _of_account(text: str, data: _Data, names: Names) -> str:
    return text % {"account": _account(data, names)}


def _signed_in(data: _Data, names: Names) -> str:
    ways = " + ".join(str(WAYS.get(way, way)) for way in data.get("method", []))
    if not ways:
        return _of_account(_("%(account)s signed in"), data, names)
    return _("%(account)s signed in: %(ways)s") % {"account": _account(data, names), "ways": ways}


def _failed(data: _Data, names: Names) -> str:
    if "account" not in data:
        is_by_passkey = "webauthn" in data.get("method", [])
        return _("Sign-in by passkey failed") if is_by_passkey else _("Sign-in with an unknown e-mail failed")
    return _of_account(_("Sign-in as %(account)s failed"), data, names)


def _too_many(data: _Data, names: Names) -> str:
    what = {"what": _ATTEMPTS.get(data["what"], data["what"])}
    if "account" in data:
        return _("Too many attempts as %(account)s: %(what)s") % (what | {"account": _account(data, names)})
    return _("Too many attempts: %(what)s") % what


def _account_changed(data: _Data, names: Names) -> str:
    changes = listed(_account_change(field, data) for field in data["fields"])
    return _("Account of %(account)s changed: %(changes)s") % {"account": _account(data, names), "changes": changes}


def _account_change(field: str, data: _Data) -> str:
    if field == "role":
        return _("role from %(before)s to %(after)s") % {
            "before": _role(data["role_from"]),
            "after": _role(data["role_to"]),
        }
    if field == "is_active":
        return _("active again") if data["active"] else _("withdrawn")
    return str(_ACCOUNT_FIELDS.get(field, field))


def _companies_given(data: _Data, names: Names) -> str:
    given, taken = _companies("given", data, names), _companies("taken", data, names)
    words = {"account": _account(data, names), "given": given, "taken": taken}
    if given and taken:
        return _("Companies given to %(account)s: %(given)s; taken away: %(taken)s") % words
    if taken:
        return _("Companies taken away from %(account)s: %(taken)s") % words
    return _("Companies given to %(account)s: %(given)s") % words


def _companies(which: str, data: _Data, names: Names) -> str:
    called = [names.companies.get(pk) or _("a company") for pk in data[which]]
    return some_companies(called, of=data[f"{which}_count"])


def _reset_asked(data: _Data, names: Names) -> str:
    if "account" not in data:
        return _("Password reset asked for with an unknown e-mail")
    return _of_account(_("Password reset asked for as %(account)s"), data, names)


def _with_factor(text: str, data: _Data, names: Names) -> str:
    factor = _FACTORS.get(data["factor"], data["factor"])
    return text % {"account": _account(data, names), "factor": factor}


def _factors_reset(data: _Data, names: Names) -> str:
    text = ngettext(
        "%(count)d second factor of %(account)s taken away",
        "%(count)d second factors of %(account)s taken away",
        data["count"],
    )
    return text % {"count": data["count"], "account": _account(data, names)}


def _sessions_ended(data: _Data, names: Names) -> str:
    text = ngettext("%(count)d session of %(account)s ended", "%(count)d sessions of %(account)s ended", data["count"])
    return text % {"count": data["count"], "account": _account(data, names)}


def _access_refused(data: _Data, names: Names) -> str:
    """Addresses have names for whoever looks into it; the right that was missing has words."""
    missing = data.get("permission")
    if missing in _PERMISSIONS:
        return _("Access refused: may not %(permission)s (%(what)s)") % {
            "what": data.get("what", ""),
            "permission": _PERMISSIONS[missing],
        }
    return _("Access refused: %(what)s") % {"what": data.get("what", "")}


def _partner_changed(data: _Data, names: Names) -> str:
    fields = listed(str(_PARTNER_FIELDS.get(field, field)) for field in data["fields"])
    return _("Partner changed: %(fields)s") % {"fields": fields}


def _access_changed(data: _Data, names: Names) -> str:
    if not data["until"]:
        return _("Access of the partner is without end")
    day = dt.date.fromisoformat(data["until"][:10])
    return _("Access of the partner ends on %(day)s") % {"day": date_format(day, "DATE_FORMAT")}


def _visit_started(data: _Data, names: Names) -> str:
    text = ngettext(
        "Support views the portal as the partner does, reading only, for %(count)d minute",
        "Support views the portal as the partner does, reading only, for %(count)d minutes",
        data["minutes"],
    )
    return text % {"count": data["minutes"]}


def _visit_ended(data: _Data, names: Names) -> str:
    """An Admin of the partner may have ended it: whose visit it was is told as well."""
    if data["early"]:
        return _of_account(_("The visit of %(account)s (support) was ended early"), data, names)
    return _of_account(_("The visit of %(account)s (support) ended"), data, names)


ACCOUNT_TEXTS: dict[Act, Text] = {
    Act.SIGNED_IN: _signed_in,
    Act.SIGNED_OUT: lambda data, names: _of_account(_("%(account)s signed out"), data, names),
    Act.SIGN_IN_FAILED: _failed,
    Act.ACCOUNT_CREATED: lambda data, names: (
        # Translators: %(role)s is the name of a role as it stands in lists: Admin, Technician, …; or "support staff"
        _("Account of %(account)s created as %(role)s")
        % {"account": _account(data, names), "role": _role(data["role"]) if data["role"] else _("support staff")}
    ),
    Act.ACCOUNT_CHANGED: _account_changed,
    Act.ACCOUNT_WITHDRAWN: lambda data, names: (
        _("Account of %(account)s withdrawn; its role was %(role)s")
        % {"account": _account(data, names), "role": _role(data["role"])}
    ),
    Act.INVITED: lambda data, names: (
        # Translators: %(role)s is the name of a role as it stands in lists: Admin, Technician, …
        _("%(colleague)s invited as %(role)s") % {"colleague": _colleague(data, names), "role": _role(data["role"])}
    ),
    Act.INVITATION_WITHDRAWN: lambda data, names: (
        _("Invitation of %(colleague)s withdrawn") % {"colleague": _colleague(data, names)}
    ),
    Act.INVITATION_ACCEPTED: lambda data, names: (
        # Translators: %(role)s is the name of a role as it stands in lists: Admin, Technician, …
        _("%(account)s accepted the invitation and is %(role)s now")
        % {"account": _account(data, names), "role": _role(data["role"])}
    ),
    Act.COMPANIES_GIVEN: _companies_given,
    Act.PASSWORD_CHANGED: lambda data, names: _of_account(_("Password of %(account)s changed"), data, names),
    Act.PASSWORD_RESET_ASKED: _reset_asked,
    Act.PASSWORD_RESET: lambda data, names: _of_account(_("Password of %(account)s reset"), data, names),
    Act.EMAIL_CHANGED: lambda data, names: _of_account(_("E-mail of %(account)s changed"), data, names),
    Act.EMAIL_CODE_FAILED: lambda data, names: _of_account(_("Code by e-mail to %(account)s failed"), data, names),
    Act.FACTOR_ADDED: lambda data, names: _with_factor(
        _("Second factor of %(account)s added: %(factor)s"), data, names
    ),
    Act.FACTOR_REMOVED: lambda data, names: _with_factor(
        _("Second factor of %(account)s removed: %(factor)s"), data, names
    ),
    Act.FACTOR_FAILED: lambda data, names: _with_factor(
        _("Second factor of %(account)s failed: %(factor)s"), data, names
    ),
    Act.FACTORS_RESET: _factors_reset,
    Act.RECOVERY_CODES_MADE: lambda data, names: _of_account(_("New recovery codes of %(account)s made"), data, names),
    Act.SESSIONS_ENDED: _sessions_ended,
    Act.TOO_MANY_ATTEMPTS: _too_many,
    Act.ACCESS_REFUSED: _access_refused,
    Act.PARTNER_OPENED: lambda data, names: _("Partner opened"),
    Act.PARTNER_CHANGED: _partner_changed,
    Act.ACCESS_CHANGED: _access_changed,
    Act.VISIT_STARTED: _visit_started,
    Act.VISIT_ENDED: _visit_ended,
}
