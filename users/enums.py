"""Closed sets of words about people and the doors they come through."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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


class ImportState(models.TextChoices):
    """How far a file of people is: its columns are chosen, it is looked at and mended, it is being added, it ended."""

    COLUMNS = "columns", _("Columns to be chosen")
    DRAFT = "draft", _("To be confirmed")
    WAITING = "waiting", _("In progress")
    DONE = "done", pgettext_lazy("an import", "Done")
    REFUSED = "refused", _("Nobody was added")


class ImportOutcome(models.TextChoices):
    """What became of one row of a file."""

    ADDED = "added", _("Added")
    WAITING = "waiting", _("Pending approval")
    THERE = "there", _("There already")
    REFUSED = "refused", _("Not added")
    LEFT_OUT = "left_out", _("Left out")
