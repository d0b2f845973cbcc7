"""Closed sets of words about people and the doors they come through."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class UserStatus(models.TextChoices):
    """R2: Active and Disabled hold a seat, Pending approval waits for one, Removed is kept for history only."""

    ACTIVE = "active", _("Active")
    PENDING = "pending", _("Pending approval")
    DISABLED = "disabled", _("Disabled")
    REMOVED = "removed", _("Removed")


SEAT_HOLDERS = (UserStatus.ACTIVE, UserStatus.DISABLED)
"""The statuses that hold a seat (R2). The counting trigger in licensing/migrations says the same."""


class Door(models.TextChoices):
    """The path by which a change of status came (R17)."""

    PORTAL = "portal", _("Portal")
    FILE = "file", _("File")
    DIRECTORY = "directory", _("Directory")
    AUTO_FILL = "auto_fill", _("Waiting line")
    SUPPORT = "support", _("Support")
    API = "api", _("API")
    SYSTEM = "system", _("System")


class Withdrawal(models.TextChoices):
    """What is done to a person whom the directory takes away (R18, R20)."""

    DISABLE = "disable", _("Disable")
    REMOVE = "remove", _("Remove")
