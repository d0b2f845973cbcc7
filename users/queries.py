"""What the Users tab reads."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from companies.audit.wording import account_name, connector_name
from companies.models import Company
from companies.partners.models import Partner
from companies.querysets import CompanyQuerySet
from licensing.rejections import BY_HAND, rejections_of
from users.directory.models import Entry, HeldChange
from users.enums import SEAT_HOLDERS, UserStatus
from users.explaining import Case as Situation
from users.explaining import Explanation, Step, explain
from users.models import StatusChange, User
from users.querysets import UserQuerySet

# The line is numbered once for all the rows of a page: counted for each, PostgreSQL would count for the rows of the
# pages before as well, which are skipped. Whoever has an arrival is in the line, as the table's own check says.
_WAITING = """
    SELECT person.id, placed.position, EXISTS (
        SELECT FROM users_statuschange AS undone
        WHERE undone.partner_id = person.partner_id AND undone.user_id = person.id
            AND undone.from_status = 'removed' AND undone.to_status = 'pending' AND undone.door = ANY(%(doors)s)
    )
    FROM users_user AS person
    LEFT JOIN (
        SELECT id, row_number() OVER (ORDER BY arrival) AS position FROM users_user
        WHERE partner_id = %(partner)s AND company_id = %(company)s AND arrival <= %(last)s
    ) AS placed ON placed.id = person.id
    WHERE person.partner_id = %(partner)s AND person.id = ANY(%(users)s)
"""
_MATCHING = {"partner_id": OuterRef("partner_id"), "user_id": OuterRef("pk")}


def users_to_list(company: Company) -> UserQuerySet:
    """Everyone on the Users tab, each with `status_rank` to sort by.

    `user_name` is what the directory calls those who have neither names nor an e-mail (R9). What is told of the waiting
    is asked for the rows of one page alone, by `tell_waiting`.
    """
    return (
        User.objects.of_company(company)
        .listed()
        .select_related("connector")
        .annotate(
            status_rank=Case(
                When(status=UserStatus.PENDING, then=Value(0)),
                When(status=UserStatus.ACTIVE, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            ),
            is_primary=ExpressionWrapper(Q(pk=company.primary_user_id), output_field=BooleanField()),
            managed_by=Coalesce(F("connector__kind"), Value("")),
            user_name=_user_name(),
        )
    )


def tell_waiting(people: Sequence[User]) -> None:
    """Give each of `people`, all of one company, the `position` in the line, None outside it; and `is_back`: whether
    they wait again because somebody undid their rejection. One query, or none where nobody of them waits."""
    waiting = [user for user in people if user.status == UserStatus.PENDING]
    found: dict[int, tuple[int | None, bool]] = {}
    if waiting:
        with connection.cursor() as cursor:
            cursor.execute(
                _WAITING,
                {
                    "partner": waiting[0].partner_id,
                    "company": waiting[0].company_id,
                    "users": [user.pk for user in waiting],
                    "last": max(user.arrival or 0 for user in waiting),
                    "doors": [door.value for door in BY_HAND],
                },
            )
            found = {pk: (position, is_back) for pk, position, is_back in cursor.fetchall()}
    for user in people:
        user.position, user.is_back = found.get(user.pk, (None, False))  # type: ignore[attr-defined]


def waiting_longest(companies: CompanyQuerySet, partner: Partner, *, shown: int) -> UserQuerySet:
    """Those of the partner's `companies` who are in a waiting line since the longest time, each with `user_name`.

    Not those who are inactive in their directory: they have no place in the line (R20).
    """
    line = User.objects.in_line().filter(partner=partner, company__in=companies)
    return line.select_related("company").annotate(user_name=_user_name()).order_by("since", "pk")[:shown]


def rejected_to_list(company: Company) -> QuerySet[StatusChange]:
    """The rejections that stand, newest first: whom, by whom, when and why."""
    return rejections_of(company).select_related("user__connector", "by_account", "by_connector")


def person_to_show(company: Company, user_id: int) -> User | None:
    """Somebody on the Users tab, or on its list of the rejected; None for everybody else (R2, R23)."""
    person = users_to_list(company).filter(pk=user_id).first()
    if person is not None:
        tell_waiting([person])
    elif rejections_of(company).filter(user_id=user_id).exists():
        everyone = User.objects.of_company(company).select_related("connector").annotate(user_name=_user_name())
        person = everyone.filter(pk=user_id).first()
    return person


def changes_of(user: User) -> QuerySet[StatusChange]:
    """The history of the user's status, newest first, with who did it (R17)."""
    changes = StatusChange.objects.filter(partner_id=user.partner_id, user_id=user.pk)
    return changes.select_related("by_account", "by_connector").order_by("-id")


@dataclass(frozen=True, slots=True)
class Explained:
    """The sentences, and since when what they say is so."""

    text: Explanation
    since: datetime


def explained(company: Company, user: User) -> Explained:
    """Why the user, as `person_to_show` found them, holds a seat or none, since when, and what would change it."""
    changes = changes_of(user)
    last = changes[0]
    coming = changes.filter(to_status__in=SEAT_HOLDERS).exclude(from_status__in=SEAT_HOLDERS)
    seated = coming[0] if user.holds_seat else None
    connector = user.connector
    held, is_unwanted = _asked(user)
    position = getattr(user, "position", None) or 0  # a rejected person was told nothing of the line
    case = Situation(
        status=UserStatus(user.status),
        last=_step(last),
        seated=_step(seated) if seated else None,
        directory=connector.get_kind_display() if connector else "",
        is_connected=connector is not None and connector.removed_at is None,
        is_primary=user.pk == company.primary_user_id,
        wish=company.primary_withdrawal,
        held=held,
        is_unwanted=is_unwanted,
        is_inactive=user.is_inactive_in_directory,
        asks_approval=connector is not None and connector.removed_at is None and connector.asks_approval,
        position=position,
        line=User.objects.of_company(company).in_line().count() if position else 0,
        available=max(company.seats_available, 0),
        fills=company.fills_automatically,
    )
    return Explained(explain(case), since=(seated or last).at)


def who_changed(change: StatusChange) -> str:
    """By whom: an account, a connector, or the system."""
    if change.by_account is not None:
        return account_name(change.by_account)
    return connector_name(change.by_connector) if change.by_connector is not None else gettext("the system")


def _asked(user: User) -> tuple[str, bool]:
    """What the directory asked and is held of the user (R22); and whether it has them disabled or deleted.

    Nothing is asked of those whom no connector manages: a removed one says nothing any more (R2).
    """
    if user.connector is None or user.connector.removed_at is not None:
        return "", False
    entries = Entry.objects.filter(partner_id=user.partner_id, user=user, connector=user.connector)
    living = entries.order_by(F("deleted_at").desc(nulls_first=True), "-pk")
    held = HeldChange.objects.filter(
        partner_id=user.partner_id, connector=user.connector, entry__user=user, decided_at__isnull=True
    )
    entry = living.annotate(held_how=Subquery(held.values("how")[:1])).first()
    return (vars(entry)["held_how"] or "", not entry.is_asked_in) if entry else ("", False)


def _step(change: StatusChange) -> Step:
    connector = change.by_connector
    return Step(
        before=change.from_status,
        after=change.to_status,
        door=change.door,
        who=who_changed(change),
        kind=connector.get_kind_display() if connector else "",
        name=connector.name if connector else "",
    )


def _user_name() -> Coalesce:
    names = Entry.objects.filter(**_MATCHING, deleted_at__isnull=True).values("user_name")[:1]
    nameless = When(first_name="", last_name="", email="", then=Subquery(names))
    return Coalesce(Case(nameless, output_field=CharField()), Value(""))


def next_in(company: Company, *, freed: int, without: Collection[int]) -> int:
    """How many of those who wait would be seated by automatic filling once `freed` seats more are free (R7).

    `without` are the ids of those who are about to leave, the line too.
    """
    seats = company.seats_available + freed
    if not company.fills_automatically or not company.users_pending or seats <= 0:
        return 0
    return User.objects.of_company(company).fillable().exclude(pk__in=without)[:seats].count()
