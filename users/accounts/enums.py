from django.db import models
from django.utils.translation import gettext_lazy as _


class Theme(models.TextChoices):
    """How the portal looks to an account; nothing chosen means: as the device does."""

    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Role(models.TextChoices):
    """What an account may do for its partner (R24)."""

    ADMIN = "admin", _("Admin")
    TECHNICIAN = "technician", _("Technician")
    BILLING = "billing", _("Billing")
    READ_ONLY = "read_only", _("Read-only")
