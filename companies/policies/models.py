"""The security rules that a company switched on, or had on once."""

from typing import ClassVar

from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from companies.partners.models import Partner
from companies.policies.catalogue import PolicyKey
from companies.policies.querysets import PolicyQuerySet

_ADVANCED_KEYS = ["backup_all", "emergency_access", "sharing_recipients", "portal_access", "password_auditing"]


class Policy(models.Model):
    """A policy of a company. There is no row until it is first switched on; all are off at first (docs/rules.md)."""

    partner = models.ForeignKey(Partner, verbose_name=_("partner"), on_delete=models.PROTECT, db_index=False)
    company = models.ForeignKey(
        Company, verbose_name=_("company"), on_delete=models.PROTECT, db_index=False, related_name="policies"
    )
    key = models.CharField(_("policy"), max_length=30, choices=PolicyKey)
    is_on = models.BooleanField(_("on"), default=False)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    changed_at = models.DateTimeField(_("changed"), db_default=Now(), editable=False)
    # R13, R14: a foreign key on (company, required tier) holds the company on Advanced while this is on.
    required_tier = models.GeneratedField(
        expression=Case(When(Q(is_on=True, key__in=_ADVANCED_KEYS), then=Value("advanced"))),
        output_field=models.CharField(max_length=10, null=True),
        db_persist=True,
    )

    objects: ClassVar[PolicyQuerySet] = PolicyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        constraints = [
            models.UniqueConstraint(fields=["partner", "company", "key"], name="policy_once"),
            models.CheckConstraint(name="policy_key_known", condition=Q(key__in=list(PolicyKey.values))),
        ]

    def __str__(self) -> str:
        return self.get_key_display()
