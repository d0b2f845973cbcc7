"""Whose each table's rows are (R23). A table that is not listed here fails the test suite."""

TENANT = frozenset(
    {
        "accounts_assignment",
        "accounts_invitedcompany",
        "accounts_sentform",
        "accounts_visit",
        "audit_auditevent",
        "companies_company",
        "directory_connector",
        "directory_entry",
        "directory_group",
        "directory_heldchange",
        "directory_outcome",
        "directory_run",
        "licensing_bulkchange",
        "licensing_bulkline",
        "licensing_ledgerentry",
        "partners_terms",
        "policies_policy",
        "users_importrow",
        "users_importrun",
        "users_statuschange",
        "users_user",
    }
)
"""A partner's own rows: each names its partner, and with no partner set there are none."""

SIGN_IN = frozenset(
    {
        "account_emailaddress",
        "account_emailconfirmation",
        "accounts_account",
        "accounts_account_groups",
        "accounts_account_user_permissions",
        "accounts_invitation",
        "django_session",
        "mfa_authenticator",
        "partners_partner",
        "usersessions_usersession",
    }
)
"""What is needed before a partner is known."""

GLOBAL = frozenset(
    {
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "django_admin_log",
        "django_content_type",
        "django_migrations",
        "portal_cache",
        "procrastinate_events",
        "procrastinate_jobs",
        "procrastinate_periodic_defers",
        "procrastinate_workers",
    }
)
"""The installation's own: nothing of any partner's customers. Jobs hold mail that is not yet sent, for whomever it is:
closed to every scope, which may only add to them."""
