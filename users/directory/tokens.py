"""Bearer tokens of connectors: whom one stands for, and a new one in place of the old (R21, R23)."""

import datetime as dt

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from companies.audit.enums import Act
from companies.audit.record import record
from companies.partners.scope import partner_scope, sign_in_scope
from licensing.actors import By
from licensing.locks import locked
from users.directory.models import Connector
from users.directory.rules import existing, hash_token, new_token

OVERLAP = dt.timedelta(hours=24)
"""So long the former token works beside a new one, unless told otherwise: time to enter the new one everywhere."""

CONTACT_EVERY = dt.timedelta(minutes=1)

_NOBODY = (0, 0)


def connector_of(token: str) -> Connector | None:
    """The connector that this token opens, with its company and partner; None where it opens nothing.

    A former token counts until its time is over. A removed connector, a closed company and a partner whose access has
    ended open nothing. Whatever the token is, the same is done: what it looks like cannot be told from the time. Opens
    its own scopes, one after the other; the caller goes on to the partner's.
    """
    partner_id, connector_id = _found(hash_token(token))
    with partner_scope(partner_id):
        connectors = Connector.objects.existing().select_related("company", "partner")
        connector = connectors.filter(partner_id=partner_id, pk=connector_id).first()
    if connector is None or connector.company.closed_at is not None or not connector.partner.has_access:
        return None
    return connector


def rotate_token(connector: Connector, *, by: By, overlap: dt.timedelta = OVERLAP, reason: str = "") -> str:
    """A new token, known only to the caller: stored is its hash. The present one works on for `overlap`.

    One former token at most works: rotated twice, only the last one before. With no overlap none does, at once.
    Raises ConnectorGone. Writes an audit event.
    """
    token = new_token()
    with locked(connector.company) as company:
        now = existing(company, connector)
        overlaps = overlap > dt.timedelta()
        now.former_token_hash = now.token_hash if overlaps else None
        now.former_token_ends_at = timezone.now() + overlap if overlaps else None
        now.token_hash = hash_token(token)
        now.save(update_fields=["token_hash", "former_token_hash", "former_token_ends_at"])
        record(company, Act.TOKEN_ROTATED, by=by, reason=reason, connector=now.pk, kind=now.kind, name=now.name)
    return token


def note_contact(connector: Connector) -> None:
    """Write down that the connector was heard of just now; at most once a minute, and never waiting for anybody.

    In a scope of its own. Not to be called in a transaction that goes on to lock the company.
    """
    if connector.last_contact_at and connector.last_contact_at > timezone.now() - CONTACT_EVERY:
        return
    with partner_scope(connector.partner_id):
        due = Q(last_contact_at__isnull=True) | Q(last_contact_at__lte=Now() - CONTACT_EVERY)
        own = Connector.objects.filter(due, partner_id=connector.partner_id, pk=connector.pk)
        # Whoever holds the row writes a contact too, or changes the connector: the next request writes it.
        free = own.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
        Connector.objects.filter(partner_id=connector.partner_id, pk__in=list(free)).update(last_contact_at=Now())


def _found(token_hash: str) -> tuple[int, int]:
    with sign_in_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT partner_id, connector_id FROM directory_connector_of_token(%s)", [token_hash])
        return cursor.fetchone() or _NOBODY
