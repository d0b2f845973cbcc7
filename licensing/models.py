"""The ledger, the unchangeable facts from which statements are computed; and licenses that are changed in bulk."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, NullIf
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from companies.partners.models import Partner
from licensing.enums import BulkHow, BulkOutcome, BulkState, LedgerKind, Tier
from users.directory.models import Connector


class LedgerEntry(models.Model):
    """One change of a company's seats or tier (R16): what, from, to, by whom, when, why. Never changed or deleted.

    Entries are numbered 1, 2, 3 … per company. Each begins where the one before ended: a foreign key on (number,
    seats, tier) keeps the chain whole, and a deferred trigger compares its end with the company at commit.
    Without an account or a connector it was the system.
    """

    partner = models.ForeignKey(Partner, verbose_name=_("partner"), on_delete=models.PROTECT, db_index=False)
    company = models.ForeignKey(
        Company, verbose_name=_("company"), on_delete=models.PROTECT, db_index=False, related_name="ledger"
    )
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=10, choices=LedgerKind)
    seats_from = models.PositiveIntegerField(_("seats before"))
    seats_to = models.PositiveIntegerField(_("seats after"))
    tier_from = models.CharField(_("tier before"), max_length=10, choices=Tier, null=True, blank=True)
    tier_to = models.CharField(_("tier after"), max_length=10, choices=Tier)
    by_account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
    )
    by_connector = models.ForeignKey(
        Connector, on_delete=models.PROTECT, db_index=False, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    at = models.DateTimeField(_("when"), db_default=Now(), editable=False)
    # Nothing before the first entry: then the reference to a previous one is not asked for.
    previous_number = models.GeneratedField(
        expression=NullIf(F("number") - 1, 0), output_field=models.IntegerField(null=True), db_persist=True
    )

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.UniqueConstraint(fields=["partner", "company", "number"], name="ledger_number_once"),
            models.UniqueConstraint(
                fields=["partner", "company", "number", "seats_to", "tier_to"], name="ledger_chain_key"
            ),
            models.CheckConstraint(
                name="ledger_kind_fits",
                condition=Q(kind="opened", number=1, seats_from=0, seats_to__gte=1, tier_from__isnull=True)
                | Q(number__gt=1, kind="changed", seats_from__gte=1, seats_to__gte=1, tier_from__isnull=False)
                | Q(number__gt=1, kind="closed", seats_from__gte=1, seats_to=0, tier_from=F("tier_to"))
                | Q(number__gt=1, kind="reopened", seats_from=0, seats_to__gte=1, tier_from__isnull=False),
            ),
            models.CheckConstraint(
                name="ledger_changes_something",
                condition=Q(number=1) | ~Q(seats_from=F("seats_to")) | ~Q(tier_from=F("tier_to")),
            ),
            models.CheckConstraint(name="ledger_tier_known", condition=Q(tier_to__in=list(Tier.values))),
            models.CheckConstraint(
                name="ledger_by_one", condition=Q(by_account__isnull=True) | Q(by_connector__isnull=True)
            ),
        ]
        indexes = [models.Index(fields=["partner", "at"], name="ledger_by_time")]

    def __str__(self) -> str:
        return f"#{self.number} {self.get_kind_display()}"


class BulkChange(models.Model):
    """Licenses of many companies that an account changes by one confirmation, with one reason (licensing/bulk.py).

    Its lines hold what was previewed and what became of it. Kept for some days, and shown to that account alone; what
    counts is in the ledger. The `token` is in the preview: whoever confirms twice finds the first.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, db_index=False, related_name="+")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    token = models.CharField(max_length=40)
    how = models.CharField(max_length=10, choices=BulkHow)
    number = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True)
    all_or_nothing = models.BooleanField()
    state = models.CharField(max_length=10, choices=BulkState, default=BulkState.WAITING)
    code = models.CharField(max_length=40, blank=True)
    """Why all were refused, where that is no single company's doing."""
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("bulk change")
        verbose_name_plural = _("bulk changes")
        constraints = [
            models.UniqueConstraint(fields=["partner", "id"], name="bulk_tenant_key"),
            models.UniqueConstraint(fields=["partner", "token"], name="bulk_token_once"),
        ]
        indexes = [models.Index(fields=["partner", "created_at"], name="bulk_by_time")]

    def __str__(self) -> str:
        return str(self.pk)


class BulkLine(models.Model):
    """One company of a bulk change: the newest ledger entry that was seen, the pool it had and the one it is to get.

    Without an `outcome` it waits for its turn.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, db_index=False, related_name="+")
    bulk = models.ForeignKey(BulkChange, on_delete=models.CASCADE, db_index=False, related_name="lines")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, db_index=False, related_name="+")
    seen = models.PositiveIntegerField()
    seats_from = models.PositiveIntegerField()
    tier_from = models.CharField(max_length=10, choices=Tier)
    seats = models.PositiveIntegerField()
    tier = models.CharField(max_length=10, choices=Tier)
    outcome = models.CharField(max_length=10, choices=BulkOutcome, blank=True)
    seated = models.PositiveIntegerField(default=0)
    """How many came in from the waiting line by automatic filling (R7)."""
    code = models.CharField(max_length=40, blank=True)
    data = models.JSONField(default=dict)
    """The refusal, where it was one."""

    class Meta:
        verbose_name = _("line of a bulk change")
        verbose_name_plural = _("lines of bulk changes")
        constraints = [models.UniqueConstraint(fields=["partner", "bulk", "company"], name="bulk_line_once")]

    def __str__(self) -> str:
        return str(self.pk)
