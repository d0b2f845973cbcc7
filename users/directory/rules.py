"""Add and remove connectors (R13, R14, R21)."""

import hashlib
import secrets

from django.db.models.functions import Now

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.actors import By
from licensing.approvals import fill_from_line
from licensing.errors import ConnectorNameTaken
from licensing.locks import locked
from licensing.refusing import accepted_name, refusing
from licensing.tier_changes import require_advanced
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.people import MAX_NAME

TOKEN_PREFIX = "ppc_"  # noqa: S105 - a mark, not a secret
"""Tells a token apart in logs and secret scanners; the rest is 256 bits of chance."""


def add_connector(
    company: Company, *, kind: ConnectorKind, name: str, by: By, asks_approval: bool = False, reason: str = ""
) -> tuple[Connector, str]:
    """A new connector and its token, which is known only to the caller: stored is its hash.

    Raises TierRequired on Standard (R14), InvalidName, ConnectorNameTaken. Writes an audit event.
    """
    name = accepted_name(name, most=MAX_NAME)
    token = new_token()
    with locked(company) as company:
        require_advanced(company, "connector")
        connector = Connector(
            partner_id=company.partner_id,
            company=company,
            kind=kind,
            name=name,
            token_hash=hash_token(token),
            asks_approval=asks_approval,
        )
        with refusing(ConnectorNameTaken(name=name), constraint="connector_name_once"):
            connector.save(force_insert=True)
        record(company, Act.CONNECTOR_ADDED, by=by, reason=reason, connector=connector.pk, kind=kind, name=name)
        return connector, token


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
        record(company, Act.CONNECTOR_REMOVED, by=by, reason=reason, connector=now.pk, kind=now.kind, name=now.name)
        return fill_from_line(company)


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored of a token. SHA-256 is enough for 256 random bits, and can be looked up.

    A header may hold what no text does (lone surrogates): it has a hash too, and is found nowhere.
    """
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
