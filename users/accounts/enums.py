from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What an account may do for its partner (R24)."""

    ADMIN = "admin", _("Admin")
    TECHNICIAN = "technician", _("Technician")
    BILLING = "billing", _("Billing")
    READ_ONLY = "read_only", _("Read-only")
