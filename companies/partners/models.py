"""The tenant, and what was agreed with it."""

import zoneinfo
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from licensing.enums import Tier


class Currency(models.TextChoices):
    EUR = "EUR", _("Euro")
    USD = "USD", _("US dollar")
    GBP = "GBP", _("Pound sterling")
    CHF = "CHF", _("Swiss franc")
    JPY = "JPY", _("Yen")


def validate_time_zone(value: str) -> None:
    """Refuse what is no IANA time zone name."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("%(value)s is not a time zone."), code="time_zone", params={"value": value})


class TermsFields(models.Model):
    """What a partner pays, and when its months end (R15). Prices are for one seat and month, in the currency."""

    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.EUR)
    price_standard = models.DecimalField(_("price of a Standard seat"), max_digits=9, decimal_places=2, default=0)
    price_advanced = models.DecimalField(_("price of an Advanced seat"), max_digits=9, decimal_places=2, default=0)

    class Meta:
        abstract = True

    def price_of(self, tier: Tier) -> Decimal:
        """The price of one seat of `tier` for a month."""
        return self.price_advanced if tier == Tier.ADVANCED else self.price_standard


class Partner(TermsFields):
    """An MSP whose staff use the portal: the isolation boundary (R23).

    Its own terms are the present ones. The database keeps those of the past beside them: see Terms. From
    `access_ends_at` on, where it is set, none of its accounts gets in; its companies, people and statements stay.
    """

    name = models.CharField(_("name"), max_length=150, unique=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    access_ends_at = models.DateTimeField(_("access ends"), null=True, blank=True)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        constraints = [
            models.CheckConstraint(
                name="partner_prices_not_negative",
                condition=models.Q(price_standard__gte=0, price_advanced__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_access(self) -> bool:
        """Whether its accounts may use the portal now."""
        return self.access_ends_at is None or self.access_ends_at > timezone.now()


class Terms(TermsFields):
    """The terms of a partner from `since` until the next ones, so that a statement that is final stays so (R15).

    A trigger on the partner is the only writer: one row when the partner is made, one whenever its terms change.
    Never changed or deleted. No two of a partner's begin at the same moment.
    """

    partner = models.ForeignKey(
        Partner, verbose_name=_("partner"), on_delete=models.PROTECT, db_index=False, related_name="terms"
    )
    since = models.DateTimeField(_("since"), editable=False)

    class Meta:
        verbose_name = _("terms")
        verbose_name_plural = _("terms")
        constraints = [models.UniqueConstraint(fields=["partner", "since"], name="terms_since_once")]

    def __str__(self) -> str:
        return f"{self.price_standard} / {self.price_advanced} {self.currency}"
