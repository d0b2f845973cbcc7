"""What the Activity tab and the Audit page tell of. Each act belongs to one kind, by which both are filtered."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditKind(models.TextChoices):
    LICENSE = "license", _("License")
    USERS = "users", _("Users")
    POLICIES = "policies", _("Policies")
    CONNECTORS = "connectors", _("Connectors")
    COMPANY = "company", _("Company")
    ACCOUNTS = "accounts", _("Accounts")
    EXPORTS = "exports", _("Exports")


COMPANY_KINDS = [kind for kind in AuditKind if kind not in {AuditKind.ACCOUNTS, AuditKind.EXPORTS}]
"""What is done in a company; the others are the partner's own and stand on its Audit page only."""


class Act(models.TextChoices):
    """One thing that was done. The data kept with each is described in companies/audit/wording.py."""

    COMPANY_OPENED = "company_opened", _("Company opened")
    COMPANY_CLOSED = "company_closed", _("Company closed")
    COMPANY_REOPENED = "company_reopened", _("Company opened again")
    COMPANY_RENAMED = "company_renamed", _("Company renamed")
    AUTO_FILL_CHANGED = "auto_fill_changed", _("Automatic filling changed")
    LICENSE_CHANGED = "license_changed", _("License changed")
    USERS_ADDED = "users_added", _("Users added")
    USERS_ARRIVED = "users_arrived", _("Users arrived from the directory")
    USERS_APPROVED = "users_approved", _("Users approved")
    USERS_DISABLED = "users_disabled", _("Users disabled")
    USERS_ENABLED = "users_enabled", _("Users enabled")
    PLACES_LOST = "places_lost", _("Places in the waiting line lost")
    USERS_REMOVED = "users_removed", _("Users removed")
    USER_RENAMED = "user_renamed", _("User renamed")
    USER_TAKEN_OVER = "user_taken_over", _("User managed in the portal")
    PRIMARY_TRANSFERRED = "primary_transferred", _("Primary user changed")
    PRIMARY_WITHDRAWN = "primary_withdrawn", _("Directory withdrew the primary user")
    POLICY_ON = "policy_on", _("Policy switched on")
    POLICY_OFF = "policy_off", _("Policy switched off")
    POLICY_CHANGED = "policy_changed", _("Policy changed")
    CONNECTOR_ADDED = "connector_added", _("Connector added")
    CONNECTOR_REMOVED = "connector_removed", _("Connector removed")
    SIGNED_IN = "signed_in", _("Signed in")
    SIGNED_OUT = "signed_out", _("Signed out")
    SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
    ACCOUNT_CREATED = "account_created", _("Account created")
    ACCOUNT_CHANGED = "account_changed", _("Account changed")
    AUDIT_EXPORTED = "audit_exported", _("Audit exported")


KIND_OF_ACT: dict[Act, AuditKind] = {
    Act.COMPANY_OPENED: AuditKind.COMPANY,
    Act.COMPANY_CLOSED: AuditKind.COMPANY,
    Act.COMPANY_REOPENED: AuditKind.COMPANY,
    Act.COMPANY_RENAMED: AuditKind.COMPANY,
    Act.AUTO_FILL_CHANGED: AuditKind.COMPANY,
    Act.LICENSE_CHANGED: AuditKind.LICENSE,
    Act.USERS_ADDED: AuditKind.USERS,
    Act.USERS_ARRIVED: AuditKind.USERS,
    Act.USERS_APPROVED: AuditKind.USERS,
    Act.USERS_DISABLED: AuditKind.USERS,
    Act.USERS_ENABLED: AuditKind.USERS,
    Act.PLACES_LOST: AuditKind.USERS,
    Act.USERS_REMOVED: AuditKind.USERS,
    Act.USER_RENAMED: AuditKind.USERS,
    Act.USER_TAKEN_OVER: AuditKind.USERS,
    Act.PRIMARY_TRANSFERRED: AuditKind.USERS,
    Act.PRIMARY_WITHDRAWN: AuditKind.USERS,
    Act.POLICY_ON: AuditKind.POLICIES,
    Act.POLICY_OFF: AuditKind.POLICIES,
    Act.POLICY_CHANGED: AuditKind.POLICIES,
    Act.CONNECTOR_ADDED: AuditKind.CONNECTORS,
    Act.CONNECTOR_REMOVED: AuditKind.CONNECTORS,
    Act.SIGNED_IN: AuditKind.ACCOUNTS,
    Act.SIGNED_OUT: AuditKind.ACCOUNTS,
    Act.SIGN_IN_FAILED: AuditKind.ACCOUNTS,
    Act.ACCOUNT_CREATED: AuditKind.ACCOUNTS,
    Act.ACCOUNT_CHANGED: AuditKind.ACCOUNTS,
    Act.AUDIT_EXPORTED: AuditKind.EXPORTS,
}
