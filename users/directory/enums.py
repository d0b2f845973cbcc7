from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ConnectorKind(models.TextChoices):
    """The directory that a connector brings people from."""

    ACTIVE_DIRECTORY = "active_directory", _("Active Directory")
    ENTRA_ID = "entra_id", _("Entra ID")
    OKTA = "okta", _("Okta")
    SCIM = "scim", _("Other SCIM directory")


class OutcomeKind(models.TextChoices):
    """What became of a person in a run."""

    ADDED = "added", _("Added")
    LINKED = "linked", pgettext_lazy("a person in a run", "Taken over")
    CHANGED = "changed", pgettext_lazy("a person in a run", "Changed")
    WAITING = "waiting", _("Pending approval")
    ENABLED = "enabled", _("Enabled")
    DISABLED = "disabled", _("Disabled")
    REMOVED = "removed", _("Removed")
    HELD = "held", pgettext_lazy("a person in a run", "Held")
    REFUSED = "refused", pgettext_lazy("a person in a run", "Refused")
