"""What was done, kept for people to read."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from companies.audit.enums import Act, AuditKind, Outcome
from companies.models import Company
from companies.partners.models import Partner
from users.directory.models import Connector


class AuditEvent(models.Model):
    """One act. Never changed or deleted.

    `data` holds numbers, codes and ids, never a person's name or address: what a reader sees is made from them when
    shown (companies/audit/wording.py). Without an account or a connector it was the system. `address` is the network
    address that it came from, which is personal data: a partner's Admins and support staff see it, nobody else.

    Without a company it is an act of the partner's own: a sign-in, an account, an export. Without a partner it is one
    of support staff, or of somebody unknown at the door; only support staff see those.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, null=True)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, db_index=False, null=True, related_name="+")
    kind = models.CharField(_("kind"), max_length=12, choices=AuditKind)
    act = models.CharField(pgettext_lazy("what was done", "act"), max_length=30, choices=Act)
    data = models.JSONField(default=dict)
    by_account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, null=True, related_name="+"
    )
    by_connector = models.ForeignKey(Connector, on_delete=models.PROTECT, db_index=False, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, db_default=Outcome.DONE)
    address = models.GenericIPAddressField(pgettext_lazy("network address", "from"), null=True)
    at = models.DateTimeField(_("when"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        constraints = [
            models.CheckConstraint(
                name="audit_by_one", condition=Q(by_account__isnull=True) | Q(by_connector__isnull=True)
            ),
            models.CheckConstraint(
                name="audit_company_has_partner", condition=Q(company__isnull=True) | Q(partner__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "company", "-id"], name="audit_of_company"),
            models.Index(fields=["partner", "company", "kind", "-id"], name="audit_of_company_kind"),
            models.Index(fields=["partner", "-id"], name="audit_of_partner"),
            models.Index(fields=["partner", "kind", "-id"], name="audit_of_partner_kind"),
            models.Index(fields=["by_account", "-id"], name="audit_by_account"),
        ]

    def __str__(self) -> str:
        return self.get_act_display()
