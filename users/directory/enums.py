from django.db import models
from django.utils.translation import gettext_lazy as _


class ConnectorKind(models.TextChoices):
    """The directory that a connector brings people from."""

    ACTIVE_DIRECTORY = "active_directory", _("Active Directory")
    ENTRA_ID = "entra_id", _("Entra ID")
    OKTA = "okta", _("Okta")
    SCIM = "scim", _("Other SCIM directory")
