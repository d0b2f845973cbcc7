"""What each role may do (R24): pure data, and the one place to look it up."""

from enum import StrEnum

from users.accounts.enums import Role


class Permission(StrEnum):
    """One thing that an account may or may not do for its partner."""

    SEE_USERS = "see_users"
    CHANGE_USERS = "change_users"
    SEE_POLICIES = "see_policies"
    """Policies and connectors: how a company is set up."""
    CHANGE_POLICIES = "change_policies"
    CHANGE_CONNECTORS = "change_connectors"
    DECIDE_HELD = "decide_held"
    """Confirm or reject what a directory asked for past its threshold (R22)."""
    CHANGE_LICENSE = "change_license"
    CHANGE_COMPANIES = "change_companies"
    """Open, rename and close companies; choose automatic filling."""
    SEE_STATEMENTS = "see_statements"
    SEE_AUDIT = "see_audit"
    MANAGE_COLLEAGUES = "manage_colleagues"


ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.TECHNICIAN: frozenset(
        {
            Permission.SEE_USERS,
            Permission.CHANGE_USERS,
            Permission.SEE_POLICIES,
            Permission.CHANGE_POLICIES,
            Permission.CHANGE_CONNECTORS,
        }
    ),
    Role.BILLING: frozenset({Permission.SEE_STATEMENTS}),
    Role.READ_ONLY: frozenset({Permission.SEE_USERS, Permission.SEE_POLICIES}),
}
"""Every role reads the companies and their licenses; a Technician those given to it only."""

VISIT_PERMISSIONS: frozenset[Permission] = frozenset(
    {Permission.SEE_USERS, Permission.SEE_POLICIES, Permission.SEE_STATEMENTS, Permission.SEE_AUDIT}
)
"""Support staff who view the portal as a partner does read everything and change nothing (R25)."""
