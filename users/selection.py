"""All people whom a list shows, on whichever page: how many they are, what can be done to them, and who they are."""

from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet

from companies.models import Company
from users.enums import UserStatus
from users.filters import UserFilter
from users.models import StatusChange
from users.queries import rejected_to_list
from users.querysets import UserQuerySet


@dataclass(frozen=True, slots=True)
class Everyone:
    """Those whom a list shows on all its pages, and how many of them can be chosen: all but the primary user (R18).

    `newest` is the last of them: who came later was seen by nobody, and is not chosen with them.
    """

    count: int
    choosable: int
    newest: int
    fitting: frozenset[str] = frozenset()
    """The acts that fit every one of them."""


def everyone_of(users: UserQuerySet, company: Company) -> Everyone:
    """One query."""
    others = ~Q(pk=company.primary_user_id)
    pending = Q(status=UserStatus.PENDING)
    found = users.order_by().aggregate(
        everyone=Count("pk"),
        choosable=Count("pk", filter=others),
        newest=Max("pk"),
        active=Count("pk", filter=others & Q(status=UserStatus.ACTIVE)),
        disabled=Count("pk", filter=others & Q(status=UserStatus.DISABLED)),
        waiting=Count("pk", filter=pending),
        in_line=Count("pk", filter=pending & Q(is_inactive_in_directory=False)),
        orphans=Count("pk", filter=others & Q(connector__removed_at__isnull=False)),
    )
    fits = {
        "approve": found["in_line"],
        "disable": found["active"],
        "enable": found["disabled"],
        "manage": found["orphans"],
        "reject": found["waiting"],
        "remove": found["choosable"],
    }
    return Everyone(
        count=found["everyone"],
        choosable=found["choosable"],
        newest=found["newest"] or 0,
        fitting=frozenset(act for act, count in fits.items() if count == found["choosable"]),
    )


def everyone_rejected(rejections: QuerySet[StatusChange]) -> Everyone:
    """The same of the list of the rejected: their rejection can be undone."""
    found = rejections.order_by().aggregate(everyone=Count("pk"), newest=Max("pk"))
    count = found["everyone"]
    return Everyone(count, count, found["newest"] or 0, frozenset({"undo_rejection"}))


def ids_of_everyone(company: Company, filtered: UserFilter, *, newest: int) -> set[int]:
    """Whom the list shows now that were on it already when `newest` was its last, but for the primary user."""
    if filtered.only_rejected:
        rejections = filtered.rejected(rejected_to_list(company)).filter(pk__lte=newest)
        return set(rejections.order_by().values_list("user_id", flat=True))
    users = filtered.qs.exclude(pk=company.primary_user_id).filter(pk__lte=newest)
    return set(users.order_by().values_list("pk", flat=True))
