"""Closed sets of words that the rules of seats speak."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Tier(models.TextChoices):
    STANDARD = "standard", _("Standard")
    ADVANCED = "advanced", _("Advanced")


class LedgerKind(models.TextChoices):
    OPENED = "opened", pgettext_lazy("license ledger", "Opened")
    CHANGED = "changed", pgettext_lazy("license ledger", "Changed")
    CLOSED = "closed", pgettext_lazy("license ledger", "Closed")
    REOPENED = "reopened", pgettext_lazy("license ledger", "Opened again")


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
    DONE = "done", pgettext_lazy("a bulk change", "Done")
    REFUSED = "refused", pgettext_lazy("a bulk change", "Refused")


class BulkOutcome(models.TextChoices):
    """What became of one company of a bulk change."""

    CHANGED = "changed", pgettext_lazy("one company", "Changed")
    UNCHANGED = "unchanged", pgettext_lazy("one company", "Stayed as it was")
    REFUSED = "refused", pgettext_lazy("one company", "Not changed")
