"""Reads of users that chain."""

from typing import TYPE_CHECKING, Self

from django.db import models

from users.enums import SEAT_HOLDERS, UserStatus

if TYPE_CHECKING:
    from companies.models import Company
    from users.models import User  # noqa: F401


class UserQuerySet(models.QuerySet["User"]):
    def of_company(self, company: "Company") -> Self:
        """Everyone ever listed at the company. Names the partner too, since every index leads with it."""
        return self.filter(partner_id=company.partner_id, company_id=company.pk)

    def listed(self) -> Self:
        """Those on the Users tab: all but the removed (R2)."""
        return self.exclude(status=UserStatus.REMOVED)

    def holding_seats(self) -> Self:
        """Those who hold a seat: Active and Disabled (R2)."""
        return self.filter(status__in=SEAT_HOLDERS)

    def in_line(self) -> Self:
        """The waiting line, oldest first; those inactive in the directory have no place in it (R7, R20)."""
        return self.filter(status=UserStatus.PENDING, arrival__isnull=False).order_by("arrival")

    def fillable(self) -> Self:
        """The part of the line that automatic filling may take: nobody whose connector asks for approval (R7).

        A removed connector asks for nothing any more (R2).
        """
        return self.in_line().exclude(connector__asks_approval=True, connector__removed_at__isnull=True)
