"""Closed sets of words that the rules of seats speak."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tier(models.TextChoices):
    STANDARD = "standard", _("Standard")
    ADVANCED = "advanced", _("Advanced")


class LedgerKind(models.TextChoices):
    OPENED = "opened", _("Opened")
    CHANGED = "changed", _("Changed")
    CLOSED = "closed", _("Closed")
    REOPENED = "reopened", _("Opened again")


class BlockerKind(models.TextChoices):
    """What can stand in the way of a downgrade (R13) or of closing a company (R19)."""

    POLICIES = "policies", _("Advanced policies")
    CONNECTORS = "connectors", _("Connectors")
    USERS = "users", _("Users")
    WAITING = "waiting", _("Pending approval")


class BulkHow(models.TextChoices):
    """What can be asked of the licenses of many companies alike."""

    ADD = "add", _("Add seats")
    SET = "set", _("Set the number of seats")
    TRIM = "trim", _("Trim unused seats")
    UPGRADE = "upgrade", _("Upgrade to Advanced")


class BulkState(models.TextChoices):
    WAITING = "waiting", _("In progress")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


class BulkOutcome(models.TextChoices):
    """What became of one company of a bulk change."""

    CHANGED = "changed", _("Changed")
    UNCHANGED = "unchanged", _("Stayed as it was")
    REFUSED = "refused", _("Not changed")
