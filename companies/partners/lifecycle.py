"""A partner's life, in the hands of support staff (R25): opened, changed, given access and taken it away."""

import datetime as dt
import zoneinfo
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from decimal import Decimal

from django.db import transaction

from companies.audit.enums import Act
from companies.audit.record import record_of_partner
from companies.partners.models import Partner
from licensing.errors import PartnerNameTaken
from licensing.refusing import accepted_name, refusing
from users.accounts.models import Account

MAX_PARTNER_NAME = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What is agreed with a partner: when its months end, and what it pays for a seat and month (R15)."""

    time_zone: str
    currency: str
    price_standard: Decimal
    price_advanced: Decimal


def open_partner(name: str, *, agreed: Agreement, by: Account, reason: str) -> Partner:
    """A new partner, without companies and without accounts: its first Admin is invited next.

    Raises InvalidName, PartnerNameTaken. Writes an audit event; the database keeps the terms (R15).
    """
    name = accepted_name(name, most=MAX_PARTNER_NAME)
    with transaction.atomic():
        _refuse_taken(name)
        partner = Partner(name=name, **_columns(agreed))
        with _while_free(name):
            partner.save(force_insert=True)
        record_of_partner(partner.pk, Act.PARTNER_OPENED, by=by, reason=reason)
        return partner


def change_partner(partner: Partner, *, name: str, agreed: Agreement, by: Account, reason: str) -> list[str]:
    """Give the partner another name or other terms, which count from now on (R15). Returns the fields changed.

    Raises InvalidName, PartnerNameTaken. Writes an audit event with the names of the fields; nothing, where nothing
    changes.
    """
    name = accepted_name(name, most=MAX_PARTNER_NAME)
    with transaction.atomic():
        partner = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        wanted = {"name": name} | _columns(agreed)
        changed = [field for field, value in wanted.items() if getattr(partner, field) != value]
        if not changed:
            return []
        _refuse_taken(name, but=partner)
        for field in changed:
            setattr(partner, field, wanted[field])
        with _while_free(name):
            partner.save(update_fields=changed)
        record_of_partner(partner.pk, Act.PARTNER_CHANGED, by=by, reason=reason, fields=changed)
        return changed


def change_access(partner: Partner, *, until: dt.datetime | None, by: Account, reason: str) -> bool:
    """Let the partner's accounts in until then; for ever, where there is no `until`. Whether that is a change.

    A moment that has passed ends the access at once. Companies, people and statements stay as they are, and the
    partner is billed for its seats (R15). Writes an audit event; nothing, where nothing changes.
    """
    with transaction.atomic():
        partner = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        if partner.access_ends_at == until:
            return False
        partner.access_ends_at = until
        partner.save(update_fields=["access_ends_at"])
        told = until.astimezone(zoneinfo.ZoneInfo(partner.time_zone)).isoformat() if until else None
        record_of_partner(partner.pk, Act.ACCESS_CHANGED, by=by, reason=reason, until=told)
        return True


def _columns(agreed: Agreement) -> dict[str, object]:
    return {field.name: getattr(agreed, field.name) for field in fields(agreed)}


def _refuse_taken(name: str, *, but: Partner | None = None) -> None:
    """Whatever its case; the unique constraint catches those who ask at the same moment."""
    others = Partner.objects.exclude(pk=but.pk) if but else Partner.objects.all()
    if others.filter(name__iexact=name).exists():
        raise PartnerNameTaken(name=name)


def _while_free(name: str) -> AbstractContextManager[None]:
    return refusing(PartnerNameTaken(name=name), constraint="partners_partner_name_key")
