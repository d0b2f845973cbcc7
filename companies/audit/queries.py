"""What the Activity tab, the Audit page and support staff read of the past."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from companies.audit.enums import COMPANY_KINDS, AuditKind
from companies.audit.models import AuditEvent
from companies.audit.names import ById, Names
from companies.audit.wording import on_behalf_of, told, who
from companies.models import Company
from companies.partners.models import Partner
from companies.querysets import CompanyQuerySet
from users.accounts.models import Account, Invitation
from users.accounts.permissions import Permission
from users.models import User

NEEDED = {
    AuditKind.USERS: Permission.SEE_USERS,
    AuditKind.POLICIES: Permission.SEE_POLICIES,
    AuditKind.CONNECTORS: Permission.SEE_POLICIES,
    AuditKind.COMPANY: Permission.SEE_POLICIES,
    AuditKind.SUPPORT: Permission.SEE_USERS,
}
"""What an account needs to read of these acts; every account reads those on the license (R24)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event as people read it."""

    event: AuditEvent
    text: str
    who: str

    @property
    def on_behalf_of(self) -> str:
        """Asked of an event that came with its partner and company."""
        return on_behalf_of(self.event)


def events_of(company: Company, *, kind: AuditKind | None = None) -> QuerySet[AuditEvent]:
    """What was done in the company, newest first, all of it or of one kind.

    What was exported of it changed nothing there: that stands on the partner's Audit page.
    """
    events = AuditEvent.objects.filter(partner_id=company.partner_id, company_id=company.pk)
    events = events.exclude(kind=AuditKind.EXPORTS) if kind is None else events.filter(kind=kind)
    return events.select_related("by_account", "by_connector").order_by("-id")


def kinds_for(account: Account) -> list[AuditKind]:
    """The kinds of acts in companies that the account may read (R24)."""
    return [kind for kind in COMPANY_KINDS if kind == AuditKind.LICENSE or NEEDED.get(kind) in account.permissions]


def latest_events(companies: CompanyQuerySet, account: Account, *, shown: int) -> QuerySet[AuditEvent]:
    """The last acts in `companies`, newest first, of the kinds that the account may read; each with its company."""
    events = AuditEvent.objects.filter(partner=account.acts_for, company__in=companies, kind__in=kinds_for(account))
    return events.select_related("company", "by_account", "by_connector").order_by("-id")[:shown]


def events_of_partner(partner: Partner) -> QuerySet[AuditEvent]:
    """What was done in all companies of the partner, open or closed, and by its accounts; newest first.

    The events share this one `partner`: none is read with them.
    """
    events: QuerySet[AuditEvent] = partner.auditevent_set.all()
    return events.select_related("company", "by_account", "by_connector").order_by("-id")


def lines_of(events: Sequence[AuditEvent]) -> list[Line]:
    """The events with their texts. The names in them are looked up in one query for each sort that occurs."""
    names = names_in(events)
    return [Line(event=event, text=told(event, names), who=who(event)) for event in events]


def names_in(events: Iterable[AuditEvent]) -> Names:
    """Whom the events tell of, by their present names; the removed and the withdrawn have theirs still (R2)."""
    data = [event.data for event in events]
    return Names(
        people=_people({pk for each in data for pk in [*each.get("users", []), each.get("former")] if pk}),
        accounts=_accounts({each["account"] for each in data if "account" in each}),
        invitations=_invitations({each["invitation"] for each in data if "invitation" in each}),
        companies=_companies({pk for each in data for which in ("given", "taken") for pk in each.get(which, [])}),
    )


def _people(ids: set[int]) -> ById:
    people = User.objects.filter(pk__in=ids).only("first_name", "last_name", "email") if ids else ()
    return {user.pk: user.full_name or user.email for user in people}


def _accounts(ids: set[int]) -> ById:
    accounts = Account.objects.filter(pk__in=ids).only("name", "email") if ids else ()
    return {account.pk: str(account) for account in accounts}


def _invitations(ids: set[int]) -> ById:
    """Names are typed by whoever invites; the e-mail says who was meant."""
    invitations = Invitation.objects.filter(pk__in=ids).only("name", "email") if ids else ()
    return {each.pk: f"{each.name} ({each.email})" if each.name else each.email for each in invitations}


def _companies(ids: set[int]) -> ById:
    return dict(Company.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
