"""Connectors: what brings a directory's people in."""

from typing import ClassVar

from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from companies.partners.models import Partner
from users.directory.enums import ConnectorKind
from users.directory.querysets import ConnectorQuerySet


class Connector(models.Model):
    """One SCIM client of a company, with its own token. Removed connectors are marked, never deleted (R2).

    The token itself is shown once and never stored: `token_hash` is its SHA-256 in hexadecimal.
    """

    partner = models.ForeignKey(Partner, verbose_name=_("partner"), on_delete=models.PROTECT, db_index=False)
    company = models.ForeignKey(
        Company, verbose_name=_("company"), on_delete=models.PROTECT, db_index=False, related_name="connectors"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ConnectorKind)
    name = models.CharField(_("name"), max_length=100)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    asks_approval = models.BooleanField(_("people who arrive ask for approval"), default=False)
    created_at = models.DateTimeField(_("added"), db_default=Now(), editable=False)
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True, editable=False)
    # R13, R14: a foreign key on (company, required tier) holds the company on Advanced while the connector exists.
    required_tier = models.GeneratedField(
        expression=Case(When(removed_at__isnull=True, then=Value("advanced"))),
        output_field=models.CharField(max_length=10, null=True),
        db_persist=True,
    )

    objects: ClassVar[ConnectorQuerySet] = ConnectorQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("connector")
        verbose_name_plural = _("connectors")
        constraints = [
            models.CheckConstraint(name="connector_kind_known", condition=Q(kind__in=list(ConnectorKind.values))),
            models.UniqueConstraint(fields=["partner", "id"], name="connector_tenant_key"),
            models.UniqueConstraint(fields=["partner", "company", "id"], name="connector_company_key"),
            models.UniqueConstraint(
                "partner", "company", Lower("name"), condition=Q(removed_at__isnull=True), name="connector_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
