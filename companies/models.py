"""The company: a partner's customer, with one license pool and one tier."""

from typing import ClassVar

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from companies.partners.models import Partner
from companies.querysets import CompanyQuerySet
from licensing.enums import Tier
from portal.web.folding import Folded, folded_field
from users.enums import Withdrawal

MAX_SEATS = 1_000_000
"""The largest pool that can be asked for; beyond it a number is taken for a slip of the finger."""


class Company(models.Model):
    """A customer of a partner (R1). Closed companies are marked with `closed_at`, never deleted (R2, R19).

    `seats_used` and `users_pending` are kept by a trigger on users; nothing else may write them (R3).
    """

    partner = models.ForeignKey(
        Partner, verbose_name=_("partner"), on_delete=models.PROTECT, db_index=False, related_name="companies"
    )
    name = models.CharField(_("name"), max_length=150)
    name_norm = models.GeneratedField(
        expression=Lower("name"), output_field=models.CharField(max_length=150), db_persist=True
    )
    name_sort = models.GeneratedField(expression=Folded("name"), output_field=folded_field(), db_persist=True)
    seats = models.PositiveIntegerField(_("seats"))
    tier = models.CharField(_("tier"), max_length=10, choices=Tier)
    seats_used = models.PositiveIntegerField(_("used"), default=0, editable=False)
    users_pending = models.PositiveIntegerField(_("pending approval"), default=0, editable=False)
    seats_available = models.GeneratedField(
        expression=F("seats") - F("seats_used"), output_field=models.IntegerField(_("available")), db_persist=True
    )
    last_arrival = models.PositiveBigIntegerField(default=0, editable=False)
    fills_automatically = models.BooleanField(
        _("fill available seats from the waiting line automatically"), default=False
    )
    primary_user = models.ForeignKey(
        "users.User", verbose_name=_("primary user"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # The constant half of a foreign key on (company, primary user, Active): see companies/migrations.
    primary_status = models.GeneratedField(
        expression=Case(When(closed_at__isnull=True, then=Value("active"))),
        output_field=models.CharField(max_length=10, null=True),
        db_persist=True,
    )
    primary_withdrawal = models.CharField(
        _("what the directory asked for the primary user"),
        max_length=10,
        choices=Withdrawal,
        blank=True,
        editable=False,
    )
    opened_at = models.DateTimeField(_("opened"), db_default=Now(), editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    checklist_away_at = models.DateTimeField(null=True, editable=False)
    """Since when the set-up checklist is put away (companies/checklist.py)."""
    policies_reviewed_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[CompanyQuerySet] = CompanyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        constraints = [
            models.CheckConstraint(
                name="company_used_within_seats", condition=Q(seats_used__gte=0, seats_used__lte=F("seats"))
            ),
            models.CheckConstraint(
                name="company_open_has_seats",
                condition=Q(closed_at__isnull=True, seats__gte=1, seats__lte=MAX_SEATS)
                | Q(closed_at__isnull=False, seats=0, seats_used=0, users_pending=0),
            ),
            models.CheckConstraint(name="company_tier_known", condition=Q(tier__in=list(Tier.values))),
            models.CheckConstraint(name="company_name_given", condition=~Q(name="")),
            models.CheckConstraint(
                name="company_withdrawal_known", condition=Q(primary_withdrawal__in=["", *Withdrawal.values])
            ),
            models.UniqueConstraint(fields=["partner", "id"], name="company_tenant_key"),
            # R13, R14: what needs Advanced refers to (company, tier), so a downgrade breaks the reference.
            models.UniqueConstraint(fields=["partner", "id", "tier"], name="company_tier_key"),
            models.UniqueConstraint(
                fields=["partner", "name_norm"],
                condition=Q(closed_at__isnull=True),
                name="company_name_once",
                violation_error_message=_("A company with this name exists already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.closed_at is None
