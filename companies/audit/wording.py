"""What people read of an act: text made from its data, in their language, when it is shown.

`record` keeps numbers, codes and ids with each act: `users` are the ids of at most ten of `count` people. What is told
of accounts, of the partner and of support's visits stands in companies/audit/account_texts.py.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from companies.audit.account_texts import ACCOUNT_TEXTS
from companies.audit.enums import Act
from companies.audit.export_texts import EXPORT_TEXTS
from companies.audit.models import AuditEvent
from companies.audit.names import Names, Text, some_people
from companies.policies.catalogue import PolicyKey
from licensing.enums import LedgerKind, Tier
from licensing.models import LedgerEntry
from users.accounts.models import Account
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.enums import Withdrawal

NOT_SIGNED_IN = frozenset(
    {
        Act.SIGN_IN_FAILED,
        Act.EMAIL_CODE_FAILED,
        Act.FACTOR_FAILED,
        Act.PASSWORD_RESET_ASKED,
        Act.TOO_MANY_ATTEMPTS,
    }
)
"""What is done at the door: without an account it was somebody there, not the system."""


def told(event: AuditEvent, names: Names) -> str:
    """What was done, in one sentence."""
    make = _TEXTS.get(Act(event.act)) if event.act in Act.values else None
    return make(event.data, names) if make else event.get_act_display()


def who(subject: AuditEvent | LedgerEntry) -> str:
    """By whom: an account (support staff marked as such), a connector, the system, or who knows."""
    if subject.by_account is not None:
        return account_name(subject.by_account)
    if subject.by_connector is not None:
        return connector_name(subject.by_connector)
    if isinstance(subject, AuditEvent) and subject.act in NOT_SIGNED_IN:
        return _("not signed in")
    return _("the system")


def on_behalf_of(event: AuditEvent) -> str:
    """For whom it was done: support staff act for a partner, connectors for a company, others for themselves."""
    if event.by_account is not None and event.by_account.is_staff and event.partner is not None:
        return event.partner.name
    if event.by_connector is not None and event.company is not None:
        return event.company.name
    return ""


def account_name(account: Account) -> str:
    """R25: what support staff do is shown as theirs, with their name."""
    return _("Support: %(name)s") % {"name": account} if account.is_staff else str(account)


def connector_name(connector: Connector) -> str:
    return _("%(kind)s connector %(name)s") % {"kind": connector.get_kind_display(), "name": connector.name}


def license_change(*, seats_from: int, seats_to: int, tier_from: str | None, tier_to: str) -> str:
    """Seats, tier or both: what a change of the license was."""
    seats = _("Seats changed from %(before)d to %(after)d") % {"before": seats_from, "after": seats_to}
    tiers = {"before": _tier(tier_from), "after": _tier(tier_to)}
    if tier_from == tier_to:
        return seats
    if seats_from == seats_to:
        return _("Tier changed from %(before)s to %(after)s") % tiers
    return _("%(seats)s, tier from %(before)s to %(after)s") % ({"seats": seats} | tiers)


def ledger_line(entry: LedgerEntry) -> str:
    """An entry of the ledger in one line: what, by whom, and when in the time zone that is active."""
    when = date_format(localtime(entry.at), "DATETIME_FORMAT")
    return _("%(what)s (%(who)s, %(when)s)") % {"what": _entry(entry), "who": who(entry), "when": when}


def _entry(entry: LedgerEntry) -> str:
    if entry.kind != LedgerKind.CHANGED:
        return str(entry.get_kind_display())
    return license_change(
        seats_from=entry.seats_from, seats_to=entry.seats_to, tier_from=entry.tier_from, tier_to=entry.tier_to
    )


def _tier(tier: str | None) -> str:
    return str(Tier(tier).label) if tier else _("none")


def _pool(data: Mapping[str, Any]) -> dict[str, object]:
    seats = ngettext("%(count)d seat", "%(count)d seats", data["seats"]) % {"count": data["seats"]}
    return {"seats": seats, "tier": _tier(data["tier"])}


def _people(data: Mapping[str, Any], names: Names) -> str:
    ids = data.get("users", [])
    return some_people([_person(pk, names) for pk in ids], of=data.get("count", len(ids)))


def _person(pk: int, names: Names) -> str:
    return names.people.get(pk) or _("a removed user")


def _added(data: Mapping[str, Any], names: Names) -> str:
    count = data["count"]
    text = ngettext("%(count)d user added: %(people)s", "%(count)d users added: %(people)s", count)
    return text % {"count": count, "people": _people(data, names)}


def _imported(data: Mapping[str, Any], names: Names) -> str:
    """`number` is the import's, `left` are rows of its file by which nobody came in."""
    count, waiting, left = data["count"], data["waiting"], data["left"]
    text = ngettext(
        "Import %(number)d: %(count)d user added from a file: %(people)s",
        "Import %(number)d: %(count)d users added from a file: %(people)s",
        count,
    ) % {"number": data["number"], "count": count, "people": _people(data, names)}
    if waiting:
        wait = ngettext("%(count)d is pending approval", "%(count)d are pending approval", waiting) % {"count": waiting}
        text = _("%(arrived)s. %(waiting)s") % {"arrived": text, "waiting": wait}
    if left:
        rest = ngettext("%(count)d row was not added", "%(count)d rows were not added", left) % {"count": left}
        text = _("%(added)s. %(rest)s") % {"added": text, "rest": rest}
    return text


def _arrived(data: Mapping[str, Any], names: Names) -> str:
    count, waiting = data["count"], data.get("waiting", 0)
    text = ngettext(
        "%(count)d user arrived from the directory: %(people)s",
        "%(count)d users arrived from the directory: %(people)s",
        count,
    ) % {"count": count, "people": _people(data, names)}
    if not waiting:
        return text
    wait = ngettext("%(count)d is pending approval", "%(count)d are pending approval", waiting) % {"count": waiting}
    return _("%(arrived)s. %(waiting)s") % {"arrived": text, "waiting": wait}


def _approved(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext("%(count)d user approved: %(people)s", "%(count)d users approved: %(people)s", data["count"])
    return text % {"count": data["count"], "people": _people(data, names)}


def _disabled(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext("%(count)d user disabled: %(people)s", "%(count)d users disabled: %(people)s", data["count"])
    return text % {"count": data["count"], "people": _people(data, names)}


def _enabled(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext("%(count)d user enabled: %(people)s", "%(count)d users enabled: %(people)s", data["count"])
    return text % {"count": data["count"], "people": _people(data, names)}


def _lost_places(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext(
        "%(count)d user left the waiting line, disabled in the directory: %(people)s",
        "%(count)d users left the waiting line, disabled in the directory: %(people)s",
        data["count"],
    )
    return text % {"count": data["count"], "people": _people(data, names)}


def _removed(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext("%(count)d user removed: %(people)s", "%(count)d users removed: %(people)s", data["count"])
    return text % {"count": data["count"], "people": _people(data, names)}


def _transferred(data: Mapping[str, Any], names: Names) -> str:
    text = _("Primary user changed from %(before)s to %(after)s") % {
        "before": _person(data["former"], names),
        "after": _people(data, names),
    }
    if data.get("carried") == Withdrawal.DISABLE:
        return _("%(change)s. The former one was disabled, as the directory had asked") % {"change": text}
    if data.get("carried") == Withdrawal.REMOVE:
        return _("%(change)s. The former one was removed, as the directory had asked") % {"change": text}
    return text


def _withdrawn(data: Mapping[str, Any], names: Names) -> str:
    if data["how"] == Withdrawal.REMOVE:
        text = _("The directory asked to remove the primary user %(people)s, who stays until the role is transferred")
    else:
        text = _("The directory asked to disable the primary user %(people)s, who stays until the role is transferred")
    return text % {"people": _people(data, names)}


def _held(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext(
        "%(count)d change of the directory is held until an Admin decides: %(people)s",
        "%(count)d changes of the directory are held until an Admin decides: %(people)s",
        data["count"],
    )
    return text % {"count": data["count"], "people": _people(data, names)}


def _held_confirmed(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext(
        "%(count)d held change confirmed: %(people)s", "%(count)d held changes confirmed: %(people)s", data["count"]
    )
    return text % {"count": data["count"], "people": _people(data, names)}


def _held_rejected(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext(
        "%(count)d held change rejected: %(people)s", "%(count)d held changes rejected: %(people)s", data["count"]
    )
    return text % {"count": data["count"], "people": _people(data, names)}


def _changed(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext(
        "%(count)d user changed in the directory: %(people)s",
        "%(count)d users changed in the directory: %(people)s",
        data["count"],
    )
    return text % {"count": data["count"], "people": _people(data, names)}


def _linked(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext(
        "%(count)d user is managed by the directory from now on: %(people)s",
        "%(count)d users are managed by the directory from now on: %(people)s",
        data["count"],
    )
    return text % {"count": data["count"], "people": _people(data, names)}


def _rejected(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext("%(count)d user rejected: %(people)s", "%(count)d users rejected: %(people)s", data["count"])
    return text % {"count": data["count"], "people": _people(data, names)}


def _rejection_undone(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext(
        "Rejection of %(count)d user undone: %(people)s",
        "Rejection of %(count)d users undone: %(people)s",
        data["count"],
    )
    return text % {"count": data["count"], "people": _people(data, names)}


def _policy(data: Mapping[str, Any]) -> str:
    key = data["policy"]
    return str(PolicyKey(key).label) if key in PolicyKey.values else str(key)


def _connector(data: Mapping[str, Any]) -> dict[str, str]:
    kind = data["kind"]
    label = str(ConnectorKind(kind).label) if kind in ConnectorKind.values else str(kind)
    return {"kind": label, "name": data["name"]}


def _erased(data: Mapping[str, Any], names: Names) -> str:
    text = ngettext(
        "Personal data of %(count)d removed user erased",
        "Personal data of %(count)d removed users erased",
        data["count"],
    )
    return text % {"count": data["count"]}


_TEXTS: dict[Act, Text] = {
    Act.COMPANY_OPENED: lambda data, names: _("Company opened with %(seats)s on %(tier)s") % _pool(data),
    Act.COMPANY_CLOSED: lambda data, names: (
        ngettext("Company closed; it had %(count)d seat", "Company closed; it had %(count)d seats", data["seats_from"])
        % {"count": data["seats_from"]}
    ),
    Act.COMPANY_REOPENED: lambda data, names: _("Company opened again with %(seats)s on %(tier)s") % _pool(data),
    Act.COMPANY_RENAMED: lambda data, names: (
        _("Company renamed from “%(before)s” to “%(after)s”") % {"before": data["name_from"], "after": data["name_to"]}
    ),
    Act.AUTO_FILL_CHANGED: lambda data, names: (
        _("Automatic filling from the waiting line switched on")
        if data["on"]
        else _("Automatic filling from the waiting line switched off")
    ),
    Act.CHECKLIST_AWAY: lambda data, names: _("Set-up checklist put away"),
    Act.CHECKLIST_BACK: lambda data, names: _("Set-up checklist shown again"),
    Act.POLICIES_REVIEWED: lambda data, names: _("Policies reviewed"),
    Act.LICENSE_CHANGED: lambda data, names: license_change(
        seats_from=data["seats_from"],
        seats_to=data["seats_to"],
        tier_from=data["tier_from"],
        tier_to=data["tier_to"],
    ),
    Act.USERS_ADDED: _added,
    Act.USERS_IMPORTED: _imported,
    Act.USERS_ARRIVED: _arrived,
    Act.USERS_APPROVED: _approved,
    Act.USERS_DISABLED: _disabled,
    Act.USERS_ENABLED: _enabled,
    Act.PLACES_LOST: _lost_places,
    Act.USERS_REMOVED: _removed,
    Act.USER_RENAMED: lambda data, names: _("Name changed: %(people)s") % {"people": _people(data, names)},
    Act.USER_TAKEN_OVER: lambda data, names: (
        _("Managed in the portal instead of by the removed %(kind)s connector “%(name)s”: %(people)s")
        % (_connector(data) | {"people": _people(data, names)})
    ),
    Act.PRIMARY_TRANSFERRED: _transferred,
    Act.PRIMARY_WITHDRAWN: _withdrawn,
    Act.POLICY_ON: lambda data, names: _("Policy “%(policy)s” switched on") % {"policy": _policy(data)},
    Act.POLICY_OFF: lambda data, names: _("Policy “%(policy)s” switched off") % {"policy": _policy(data)},
    Act.POLICY_CHANGED: lambda data, names: _("Policy “%(policy)s” changed") % {"policy": _policy(data)},
    Act.CONNECTOR_ADDED: lambda data, names: _("%(kind)s connector “%(name)s” added") % _connector(data),
    Act.CONNECTOR_REMOVED: lambda data, names: _("%(kind)s connector “%(name)s” removed") % _connector(data),
    Act.CONNECTOR_CHANGED: lambda data, names: _("%(kind)s connector “%(name)s” changed") % _connector(data),
    Act.CONNECTOR_PAUSED: lambda data, names: _("%(kind)s connector “%(name)s” paused") % _connector(data),
    Act.CONNECTOR_RESUMED: lambda data, names: _("%(kind)s connector “%(name)s” goes on") % _connector(data),
    Act.TOKEN_ROTATED: lambda data, names: _("New token for the %(kind)s connector “%(name)s”") % _connector(data),
    Act.USERS_HELD: _held,
    Act.HELD_CONFIRMED: _held_confirmed,
    Act.HELD_REJECTED: _held_rejected,
    Act.USERS_CHANGED: _changed,
    Act.USERS_LINKED: _linked,
    Act.USERS_REJECTED: _rejected,
    Act.REJECTION_UNDONE: _rejection_undone,
    Act.USER_ERASED: _erased,
    Act.COMPANY_VIEWED: lambda data, names: _("Company viewed as the partner sees it"),
    **ACCOUNT_TEXTS,
    **EXPORT_TEXTS,
}
