"""What the Activity tab, the Audit page and support staff read of the past."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from companies.audit.enums import AuditKind
from companies.audit.models import AuditEvent
from companies.audit.wording import Names, told, who
from companies.models import Company
from companies.partners.models import Partner
from users.accounts.models import Account
from users.models import User


@dataclass(frozen=True, slots=True)
class Line:
    """One event as people read it."""

    event: AuditEvent
    text: str
    who: str


def events_of(company: Company, *, kind: AuditKind | None = None) -> QuerySet[AuditEvent]:
    """What was done in the company, newest first, all of it or of one kind."""
    events = AuditEvent.objects.filter(partner_id=company.partner_id, company_id=company.pk)
    if kind is not None:
        events = events.filter(kind=kind)
    return events.select_related("by_account", "by_connector").order_by("-id")


def events_of_partner(partner: Partner) -> QuerySet[AuditEvent]:
    """What was done in all companies of the partner, open or closed, and by its accounts; newest first."""
    events = AuditEvent.objects.filter(partner=partner)
    return events.select_related("company", "by_account", "by_connector").order_by("-id")


def lines_of(events: Sequence[AuditEvent]) -> list[Line]:
    """The events with their texts. The names of all people in them are looked up in one query, of accounts too."""
    names, accounts = names_in(events), accounts_in(events)
    return [Line(event=event, text=told(event, names, accounts), who=who(event)) for event in events]


def names_in(events: Iterable[AuditEvent]) -> Names:
    """The names of the people that the events tell of, as they are now; removed people have theirs still (R2)."""
    ids = {pk for event in events for pk in _people_in(event)}
    if not ids:
        return {}
    people = User.objects.filter(pk__in=ids).only("first_name", "last_name", "email")
    return {user.pk: user.full_name or user.email for user in people}


def accounts_in(events: Iterable[AuditEvent]) -> Names:
    """The names of the accounts that the events are about, as they are now; withdrawn ones have theirs still (R2)."""
    ids = {event.data["account"] for event in events if "account" in event.data}
    if not ids:
        return {}
    return {account.pk: str(account) for account in Account.objects.filter(pk__in=ids).only("name", "email")}


def _people_in(event: AuditEvent) -> list[int]:
    former = event.data.get("former")
    return [*event.data.get("users", []), *([former] if former else [])]
