"""Add, change, pause and remove connectors (R13, R14, R20-R22)."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from django.db.models.functions import Now

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.actors import By
from licensing.approvals import fill_from_line
from licensing.errors import ConnectorGone, ConnectorNameTaken, InvalidParameters
from licensing.locks import locked
from licensing.refusing import accepted_name, refusing
from licensing.tier_changes import require_advanced
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.enums import Withdrawal
from users.people import MAX_NAME

TOKEN_PREFIX = "ppc_"  # noqa: S105 - a mark, not a secret
"""Tells a token apart in logs and secret scanners; the rest is 256 bits of chance."""


MOST_PEOPLE = 1_000_000
MOST_PERCENT = 100


class SyncRules(TypedDict, total=False):
    """How a connector treats people: those who arrive (R6), those taken away (R20), too many at once (R22)."""

    asks_approval: bool
    on_disabled: Withdrawal
    on_deleted: Withdrawal
    on_left: Withdrawal
    threshold_people: int
    threshold_percent: int


class Changes(SyncRules, total=False):
    name: str


def add_connector(
    company: Company, *, kind: ConnectorKind, name: str, by: By, reason: str = "", **rules: Unpack[SyncRules]
) -> tuple[Connector, str]:
    """A new connector and its token, which is known only to the caller: stored is its hash.

    Raises TierRequired on Standard (R14), InvalidName, ConnectorNameTaken, InvalidParameters for a threshold that is
    none. Writes an audit event.
    """
    name = accepted_name(name, most=MAX_NAME)
    _refuse_impossible_threshold(rules)
    token = new_token()
    with locked(company) as company:
        require_advanced(company, "connector")
        connector = Connector(
            partner_id=company.partner_id,
            company=company,
            kind=kind,
            name=name,
            token_hash=hash_token(token),
            **rules,
        )
        with refusing(ConnectorNameTaken(name=name), constraint="connector_name_once"):
            connector.save(force_insert=True)
        _record(company, Act.CONNECTOR_ADDED, connector, by=by, reason=reason)
        return connector, token


def change_connector(connector: Connector, *, by: By, reason: str = "", **changes: Unpack[Changes]) -> int:
    """Change its name and rules: what is given, to what is given. The same again writes nothing.

    The rules hold for what the directory sends from now on; what was done stays, what is held stays held. Where people
    need no approval any more, the line may fill available seats in the same transaction (R7). Returns how many came in.

    Raises ConnectorGone, InvalidName, ConnectorNameTaken, InvalidParameters. Writes one audit event, with the names of
    the fields.
    """
    if "name" in changes:
        changes["name"] = accepted_name(changes["name"], most=MAX_NAME)
    _refuse_impossible_threshold(changes)
    with locked(connector.company) as company:
        now = existing(company, connector)
        fields = sorted(name for name, value in changes.items() if getattr(now, name) != value)
        if not fields:
            return 0
        for name in fields:
            setattr(now, name, changes[name])  # type: ignore[literal-required]
        with refusing(ConnectorNameTaken(name=now.name), constraint="connector_name_once"):
            now.save(update_fields=fields)
        _record(company, Act.CONNECTOR_CHANGED, now, by=by, reason=reason, fields=fields)
        return fill_from_line(company) if "asks_approval" in fields and not now.asks_approval else 0


def pause_connector(connector: Connector, *, by: By, reason: str = "") -> None:
    """From now on nothing that the directory sends is taken in: it is told to try again later. Reads go on.

    A paused one counts as done. Raises ConnectorGone. Writes an audit event.
    """
    _pause(connector, Act.CONNECTOR_PAUSED, by=by, reason=reason)


def resume_connector(connector: Connector, *, by: By, reason: str = "") -> None:
    """Take in again what the directory sends. One that is not paused counts as done. Raises ConnectorGone."""
    _pause(connector, Act.CONNECTOR_RESUMED, by=by, reason=reason)


def remove_connector(connector: Connector, *, by: By, reason: str = "") -> int:
    """Remove the connector; its people stay (R21), its token opens nothing any more. A removed one counts as done.

    Those of its people who wait ask for no approval any more, so the line may fill available seats in the same
    transaction (R7). Returns how many came in. Writes an audit event.
    """
    with locked(connector.company) as company:
        now = Connector.objects.of_company(company).get(pk=connector.pk)
        if now.removed_at is not None:
            return 0
        now.removed_at = Now()
        now.save(update_fields=["removed_at"])
        _record(company, Act.CONNECTOR_REMOVED, now, by=by, reason=reason)
        return fill_from_line(company)


def existing(company: Company, connector: Connector) -> Connector:
    """The connector as it stands under the lock. Raises ConnectorGone where it was removed (R2)."""
    now = Connector.objects.of_company(company).existing().filter(pk=connector.pk).first()
    if now is None:
        raise ConnectorGone(connector_id=connector.pk)
    return now


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored of a token. SHA-256 is enough for 256 random bits, and can be looked up.

    A header may hold what no text does (lone surrogates): it has a hash too, and is found nowhere.
    """
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _pause(connector: Connector, act: Act, *, by: By, reason: str) -> None:
    is_pausing = act == Act.CONNECTOR_PAUSED
    with locked(connector.company) as company:
        now = existing(company, connector)
        if (now.paused_at is not None) == is_pausing:
            return
        now.paused_at = Now() if is_pausing else None
        now.save(update_fields=["paused_at"])
        _record(company, act, now, by=by, reason=reason)


def _record(company: Company, act: Act, connector: Connector, *, by: By, reason: str, **data: Any) -> None:
    who = {"connector": connector.pk, "kind": connector.kind, "name": connector.name}
    record(company, act, by=by, reason=reason, **who, **data)


def _refuse_impossible_threshold(rules: Mapping[str, Any]) -> None:
    most = {"threshold_people": MOST_PEOPLE, "threshold_percent": MOST_PERCENT}
    errors = {name: "out_of_range" for name in most.keys() & rules.keys() if not 0 <= rules[name] <= most[name]}
    if errors:
        raise InvalidParameters(errors=errors)
