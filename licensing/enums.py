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
