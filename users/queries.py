"""What the Users tab reads."""

from collections.abc import Collection

from django.db.models import (
    BooleanField,
    Case,
    Count,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from companies.models import Company
from users.enums import UserStatus
from users.models import User
from users.querysets import UserQuerySet


def users_to_list(company: Company) -> UserQuerySet:
    """Everyone on the Users tab, each with `status_rank` to sort by and, while waiting, the `position` in the line."""
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
            # PostgreSQL counts these for the rows of one page only: after sorting and cutting.
            position=Subquery(_line_until(OuterRef("arrival"), company), output_field=IntegerField()),
            is_primary=ExpressionWrapper(Q(pk=company.primary_user_id), output_field=BooleanField()),
            managed_by=Coalesce(F("connector__kind"), Value("")),
        )
    )


def next_in(company: Company, *, freed: int, without: Collection[int]) -> int:
    """How many of those who wait would be seated by automatic filling once `freed` seats more are free (R7).

    `without` are the ids of those who are about to leave, the line too.
    """
    seats = company.seats_available + freed
    if not company.fills_automatically or not company.users_pending or seats <= 0:
        return 0
    return User.objects.of_company(company).fillable().exclude(pk__in=without)[:seats].count()


def _line_until(arrival: OuterRef, company: Company) -> UserQuerySet:
    """How many stand in the line up to `arrival`; NULL for whoever is not in it."""
    line = User.objects.of_company(company).in_line().order_by().filter(arrival__lte=arrival)
    return line.values("company_id").annotate(count=Count("pk")).values("count")  # type: ignore[return-value]
