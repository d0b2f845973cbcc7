"""What the Activity tab and the Audit page tell of. Each act belongs to one kind, by which both are filtered."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AuditKind(models.TextChoices):
    LICENSE = "license", _("License")
    USERS = "users", _("Users")
    POLICIES = "policies", _("Policies")
    CONNECTORS = "connectors", _("Connectors")
    COMPANY = "company", _("Company")
    ACCOUNTS = "accounts", _("Accounts")
    EXPORTS = "exports", _("Exports")
    PARTNER = "partner", _("Partner")
    SUPPORT = "support", _("Support")


class Outcome(models.TextChoices):
    """How an act ended. What a rule refuses changes nothing and is not written down; a refused sign-in is."""

    DONE = "done", pgettext_lazy("outcome in the audit", "Done")
    REFUSED = "refused", pgettext_lazy("outcome in the audit", "Refused")


COMPANY_KINDS = [kind for kind in AuditKind if kind not in {AuditKind.ACCOUNTS, AuditKind.EXPORTS, AuditKind.PARTNER}]
"""What is done in a company; the others are the partner's own and stand on its Audit page only."""


class Act(models.TextChoices):
    """One thing that was done. The data kept with each is described in companies/audit/wording.py."""

    COMPANY_OPENED = "company_opened", _("Company opened")
    COMPANY_CLOSED = "company_closed", _("Company closed")
    COMPANY_REOPENED = "company_reopened", _("Company opened again")
    COMPANY_RENAMED = "company_renamed", _("Company renamed")
    AUTO_FILL_CHANGED = "auto_fill_changed", _("Automatic filling changed")
    CHECKLIST_AWAY = "checklist_away", _("Set-up checklist put away")
    CHECKLIST_BACK = "checklist_back", _("Set-up checklist shown again")
    LICENSE_CHANGED = "license_changed", _("License changed")
    USERS_ADDED = "users_added", _("Users added")
    USERS_IMPORTED = "users_imported", _("Users imported from a file")
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
    POLICIES_REVIEWED = "policies_reviewed", _("Policies reviewed")
    CONNECTOR_ADDED = "connector_added", _("Connector added")
    CONNECTOR_REMOVED = "connector_removed", _("Connector removed")
    SIGNED_IN = "signed_in", _("Signed in")
    SIGNED_OUT = "signed_out", _("Signed out")
    SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
    ACCOUNT_CREATED = "account_created", _("Account created")
    ACCOUNT_CHANGED = "account_changed", _("Account changed")
    AUDIT_EXPORTED = "audit_exported", _("Audit exported")
    INVITED = "invited", _("Colleague invited")
    INVITATION_WITHDRAWN = "invitation_withdrawn", _("Invitation withdrawn")
    INVITATION_ACCEPTED = "invitation_accepted", _("Invitation accepted")
    ACCOUNT_WITHDRAWN = "account_withdrawn", _("Account withdrawn")
    COMPANIES_GIVEN = "companies_given", _("Companies given")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    PASSWORD_RESET_ASKED = "password_reset_asked", _("Password reset asked for")
    PASSWORD_RESET = "password_reset", _("Password reset")
    EMAIL_CHANGED = "email_changed", _("E-mail changed")
    EMAIL_CODE_FAILED = "email_code_failed", _("Code by e-mail failed")
    FACTOR_ADDED = "factor_added", _("Second factor added")
    FACTOR_REMOVED = "factor_removed", _("Second factor removed")
    FACTOR_FAILED = "factor_failed", _("Second factor failed")
    FACTORS_RESET = "factors_reset", _("Second factors taken away")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("Recovery codes made")
    SESSIONS_ENDED = "sessions_ended", _("Signed out elsewhere")
    TOO_MANY_ATTEMPTS = "too_many_attempts", _("Too many attempts")
    ACCESS_REFUSED = "access_refused", _("Access refused")
    USER_ERASED = "user_erased", _("Personal data erased")
    PARTNER_OPENED = "partner_opened", _("Partner opened")
    PARTNER_CHANGED = "partner_changed", _("Partner changed")
    ACCESS_CHANGED = "access_changed", _("Access of the partner changed")
    VISIT_STARTED = "visit_started", _("Support viewed the portal")
    VISIT_ENDED = "visit_ended", _("Support stopped viewing")
    COMPANY_VIEWED = "company_viewed", _("Support viewed the company")
    CONNECTOR_CHANGED = "connector_changed", _("Connector changed")
    CONNECTOR_PAUSED = "connector_paused", _("Connector paused")
    CONNECTOR_RESUMED = "connector_resumed", _("Connector resumed")
    TOKEN_ROTATED = "token_rotated", _("Token of a connector rotated")
    USERS_HELD = "users_held", _("Changes of the directory held")
    HELD_CONFIRMED = "held_confirmed", _("Held changes confirmed")
    HELD_REJECTED = "held_rejected", _("Held changes rejected")
    USERS_CHANGED = "users_changed", _("Users changed in the directory")
    USERS_LINKED = "users_linked", _("Users taken over by a directory")
    USERS_REJECTED = "users_rejected", _("Users rejected")
    REJECTION_UNDONE = "rejection_undone", _("Rejection undone")
    LIST_EXPORTED = "list_exported", _("List exported")


KIND_OF_ACT: dict[Act, AuditKind] = {
    Act.COMPANY_OPENED: AuditKind.COMPANY,
    Act.COMPANY_CLOSED: AuditKind.COMPANY,
    Act.COMPANY_REOPENED: AuditKind.COMPANY,
    Act.COMPANY_RENAMED: AuditKind.COMPANY,
    Act.AUTO_FILL_CHANGED: AuditKind.COMPANY,
    Act.CHECKLIST_AWAY: AuditKind.COMPANY,
    Act.CHECKLIST_BACK: AuditKind.COMPANY,
    Act.LICENSE_CHANGED: AuditKind.LICENSE,
    Act.USERS_ADDED: AuditKind.USERS,
    Act.USERS_IMPORTED: AuditKind.USERS,
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
    Act.POLICIES_REVIEWED: AuditKind.POLICIES,
    Act.CONNECTOR_ADDED: AuditKind.CONNECTORS,
    Act.CONNECTOR_REMOVED: AuditKind.CONNECTORS,
    Act.SIGNED_IN: AuditKind.ACCOUNTS,
    Act.SIGNED_OUT: AuditKind.ACCOUNTS,
    Act.SIGN_IN_FAILED: AuditKind.ACCOUNTS,
    Act.ACCOUNT_CREATED: AuditKind.ACCOUNTS,
    Act.ACCOUNT_CHANGED: AuditKind.ACCOUNTS,
    Act.AUDIT_EXPORTED: AuditKind.EXPORTS,
    Act.INVITED: AuditKind.ACCOUNTS,
    Act.INVITATION_WITHDRAWN: AuditKind.ACCOUNTS,
    Act.INVITATION_ACCEPTED: AuditKind.ACCOUNTS,
    Act.ACCOUNT_WITHDRAWN: AuditKind.ACCOUNTS,
    Act.COMPANIES_GIVEN: AuditKind.ACCOUNTS,
    Act.PASSWORD_CHANGED: AuditKind.ACCOUNTS,
    Act.PASSWORD_RESET_ASKED: AuditKind.ACCOUNTS,
    Act.PASSWORD_RESET: AuditKind.ACCOUNTS,
    Act.EMAIL_CHANGED: AuditKind.ACCOUNTS,
    Act.EMAIL_CODE_FAILED: AuditKind.ACCOUNTS,
    Act.FACTOR_ADDED: AuditKind.ACCOUNTS,
    Act.FACTOR_REMOVED: AuditKind.ACCOUNTS,
    Act.FACTOR_FAILED: AuditKind.ACCOUNTS,
    Act.FACTORS_RESET: AuditKind.ACCOUNTS,
    Act.RECOVERY_CODES_MADE: AuditKind.ACCOUNTS,
    Act.SESSIONS_ENDED: AuditKind.ACCOUNTS,
    Act.TOO_MANY_ATTEMPTS: AuditKind.ACCOUNTS,
    Act.ACCESS_REFUSED: AuditKind.ACCOUNTS,
    Act.USER_ERASED: AuditKind.USERS,
    Act.PARTNER_OPENED: AuditKind.PARTNER,
    Act.PARTNER_CHANGED: AuditKind.PARTNER,
    Act.ACCESS_CHANGED: AuditKind.PARTNER,
    Act.VISIT_STARTED: AuditKind.SUPPORT,
    Act.VISIT_ENDED: AuditKind.SUPPORT,
    Act.COMPANY_VIEWED: AuditKind.SUPPORT,
    Act.CONNECTOR_CHANGED: AuditKind.CONNECTORS,
    Act.CONNECTOR_PAUSED: AuditKind.CONNECTORS,
    Act.CONNECTOR_RESUMED: AuditKind.CONNECTORS,
    Act.TOKEN_ROTATED: AuditKind.CONNECTORS,
    Act.USERS_HELD: AuditKind.CONNECTORS,
    Act.HELD_CONFIRMED: AuditKind.CONNECTORS,
    Act.HELD_REJECTED: AuditKind.CONNECTORS,
    Act.USERS_CHANGED: AuditKind.USERS,
    Act.USERS_LINKED: AuditKind.USERS,
    Act.USERS_REJECTED: AuditKind.USERS,
    Act.REJECTION_UNDONE: AuditKind.USERS,
    Act.LIST_EXPORTED: AuditKind.EXPORTS,
}
