"""The security policies of the product (docs/rules.md): pure data.

A parameter is what a policy wants to know when it is switched on; `companies/policies/forms.py` makes the fields.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from licensing.enums import Tier

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class PolicyKey(models.TextChoices):
    BACKUP_AND_SYNC = "backup_and_sync", _("Online backup and device sync")
    TWO_FACTOR = "two_factor", _("Two-factor authentication")
    MASTER_PASSWORD = "master_password", _("Master password change")
    BUSINESS_PROFILE = "business_profile", _("Force business items into the business profile")
    REMOVE_ITEMS = "remove_items", _("Remove business items when users are removed")
    CHANGE_NOTIFICATIONS = "change_notifications", _("User change notifications")
    DISABLE_SHARING = "disable_sharing", _("Disable sharing")
    BACKUP_ALL = "backup_all", _("Backup all business items")
    EMERGENCY_ACCESS = "emergency_access", _("Restrict business items from emergency access")
    SHARING_RECIPIENTS = "sharing_recipients", _("Restrict sharing to specific recipients")
    PORTAL_ACCESS = "portal_access", _("Restrict portal access")
    PASSWORD_AUDITING = "password_auditing", _("Password auditing")


class ParameterKind(StrEnum):
    DAYS = "days"
    COUNT = "count"
    DOMAINS = "domains"
    EMAILS = "emails"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing to fill in. `least` and `most` bound a number; a list holds at most 50 entries."""

    name: str
    label: "_StrPromise"
    kind: ParameterKind
    required: bool = True
    least: int = 1
    most: int = 3650


@dataclass(frozen=True, slots=True)
class PolicySpec:
    key: PolicyKey
    tier: Tier
    explanation: "_StrPromise"
    parameters: tuple[Parameter, ...] = ()
    warning_off: "_StrPromise | None" = None


CATALOGUE: tuple[PolicySpec, ...] = (
    PolicySpec(
        PolicyKey.BACKUP_AND_SYNC,
        Tier.STANDARD,
        _("Items are kept online and reach every device of a person."),
    ),
    PolicySpec(PolicyKey.TWO_FACTOR, Tier.STANDARD, _("Everyone signs in with a second factor.")),
    PolicySpec(
        PolicyKey.MASTER_PASSWORD,
        Tier.STANDARD,
        _("Master passwords are changed after a time and not used again."),
        (
            Parameter("max_age_days", _("Change after (days)"), ParameterKind.DAYS),
            Parameter("reuse", _("Former passwords that cannot be used again"), ParameterKind.COUNT, least=0, most=24),
        ),
    ),
    PolicySpec(
        PolicyKey.BUSINESS_PROFILE,
        Tier.STANDARD,
        _("Items of these domains belong to the business profile."),
        (Parameter("domains", _("Domains"), ParameterKind.DOMAINS),),
    ),
    PolicySpec(
        PolicyKey.REMOVE_ITEMS, Tier.STANDARD, _("Business items leave the devices of a person who is removed.")
    ),
    PolicySpec(
        PolicyKey.CHANGE_NOTIFICATIONS,
        Tier.STANDARD,
        _("These addresses hear of every user who is added, disabled or removed."),
        (Parameter("emails", _("E-mail addresses"), ParameterKind.EMAILS),),
    ),
    PolicySpec(PolicyKey.DISABLE_SHARING, Tier.STANDARD, _("Nobody can share items.")),
    PolicySpec(
        PolicyKey.BACKUP_ALL,
        Tier.ADVANCED,
        _("Business items are backed up for the company, those of removed people too."),
        warning_off=_("Switching this off deletes the backups of all business items. This cannot be undone."),
    ),
    PolicySpec(PolicyKey.EMERGENCY_ACCESS, Tier.ADVANCED, _("Emergency contacts do not get to see business items.")),
    PolicySpec(
        PolicyKey.SHARING_RECIPIENTS,
        Tier.ADVANCED,
        _("Items are shared only with people of these domains."),
        (Parameter("domains", _("Domains"), ParameterKind.DOMAINS),),
    ),
    PolicySpec(PolicyKey.PORTAL_ACCESS, Tier.ADVANCED, _("People cannot open the web vault.")),
    PolicySpec(PolicyKey.PASSWORD_AUDITING, Tier.ADVANCED, _("Weak, reused and leaked passwords are reported.")),
)

SPECS: dict[PolicyKey, PolicySpec] = {spec.key: spec for spec in CATALOGUE}
ADVANCED_KEYS: tuple[PolicyKey, ...] = tuple(spec.key for spec in CATALOGUE if spec.tier == Tier.ADVANCED)
