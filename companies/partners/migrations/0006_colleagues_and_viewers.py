"""R23 for what came with second factors, invitations, Technicians' companies and visits; and a role that only reads.

`portal_viewer` sees what `portal_partner` sees, and writes nothing but audit events: support staff view the portal as
the partner does (R25).
"""

from pathlib import Path

from django.db import migrations

TENANT = {
    "accounts_assignment": "SELECT, INSERT, DELETE",
    "accounts_invitedcompany": "SELECT, INSERT, DELETE",
    "accounts_visit": "SELECT, INSERT, UPDATE",
}
"""The new tables of partners' own rows, and what may be done to them."""
SEEN_BY_VIEWERS = (
    "companies_company",
    "directory_connector",
    "licensing_ledgerentry",
    "partners_terms",
    "policies_policy",
    "users_statuschange",
    "users_user",
    *TENANT,
)
EVERY_REQUEST = ["django_session", "portal_cache"]
KNOWN_TO_ALL = ["auth_group", "auth_group_permissions", "auth_permission", "django_content_type", "django_migrations"]

ROLES = (Path(__file__).resolve().parent.parent / "roles.sql").read_text(encoding="utf-8")
PARTNER_SET = "nullif(current_setting('portal.partner_id', true), '')::bigint"
OWN = f"partner_id = {PARTNER_SET}"


def _tenant_table(table: str, rights: str) -> str:
    return f"""
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own_rows ON {table} TO portal_partner USING ({OWN}) WITH CHECK ({OWN});
    CREATE POLICY every_row ON {table} TO portal_support USING (true) WITH CHECK (true);
    GRANT {rights} ON {table} TO portal_partner, portal_support;
    """


def _open(table: str) -> str:
    return f"""
    DROP POLICY own_rows ON {table}; DROP POLICY every_row ON {table};
    ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
    REVOKE ALL ON {table} FROM portal_partner, portal_support;
    """


VIEWERS = "\n".join(
    [
        *(
            f"CREATE POLICY seen_rows ON {table} FOR SELECT TO portal_viewer USING ({OWN});"
            f" GRANT SELECT ON {table} TO portal_viewer;"
            for table in SEEN_BY_VIEWERS
        ),
        f"""
        CREATE POLICY seen_rows ON audit_auditevent TO portal_viewer USING ({OWN}) WITH CHECK ({OWN});
        GRANT SELECT, INSERT ON audit_auditevent TO portal_viewer;
        CREATE POLICY seen_rows ON partners_partner FOR SELECT TO portal_viewer USING (id = {PARTNER_SET});
        CREATE POLICY seen_rows ON accounts_account FOR SELECT TO portal_viewer USING (is_staff OR {OWN});
        GRANT SELECT ON partners_partner, accounts_account TO portal_viewer;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO portal_viewer;
        """,
        *(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO portal_viewer;" for table in EVERY_REQUEST),
        *(f"GRANT SELECT ON {table} TO portal_viewer;" for table in KNOWN_TO_ALL),
    ]
)
NO_VIEWERS = "\n".join(
    [
        *(
            f"DROP POLICY seen_rows ON {table};"
            for table in (*SEEN_BY_VIEWERS, "audit_auditevent", "partners_partner", "accounts_account")
        ),
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM portal_viewer;",
        "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM portal_viewer;",
    ]
)

SIGN_IN = f"""
    -- Invitations are a partner's own rows, and looked up by their token before a partner is known.
    ALTER TABLE accounts_invitation ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own_rows ON accounts_invitation TO portal_partner USING ({OWN}) WITH CHECK ({OWN});
    CREATE POLICY every_row ON accounts_invitation TO portal_support USING (true) WITH CHECK (true);
    CREATE POLICY signing_in ON accounts_invitation FOR SELECT TO portal_sign_in USING (true);
    GRANT SELECT ON accounts_invitation TO portal_sign_in;
    GRANT SELECT, INSERT, UPDATE ON accounts_invitation TO portal_partner, portal_support;

    -- Whoever accepts one gets an account. Of a colleague's, an Admin changes the role and whether it may sign in (R24).
    GRANT INSERT ON accounts_account TO portal_sign_in;
    CREATE POLICY own_colleagues ON accounts_account FOR UPDATE TO portal_partner USING ({OWN}) WITH CHECK ({OWN});
    GRANT UPDATE (role, is_active) ON accounts_account TO portal_partner;

    -- Second factors and sessions: each account's own, before a partner is known; support takes them away (R25).
    GRANT SELECT, INSERT, UPDATE, DELETE ON mfa_authenticator, usersessions_usersession TO portal_sign_in, portal_support;
    -- An Admin sees which colleagues have a second factor, and nothing of the factor itself.
    ALTER TABLE mfa_authenticator ENABLE ROW LEVEL SECURITY;
    CREATE POLICY signing_in ON mfa_authenticator TO portal_sign_in USING (true) WITH CHECK (true);
    CREATE POLICY every_row ON mfa_authenticator TO portal_support USING (true) WITH CHECK (true);
    CREATE POLICY own_colleagues ON mfa_authenticator FOR SELECT TO portal_partner
        USING (EXISTS (SELECT FROM accounts_account WHERE accounts_account.id = user_id AND NOT is_staff));
    GRANT SELECT (id, user_id, type) ON mfa_authenticator TO portal_partner;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO portal_sign_in, portal_partner, portal_support;
"""  # noqa: S608 - our own names
NO_SIGN_IN = """
    DROP POLICY own_rows ON accounts_invitation;
    DROP POLICY every_row ON accounts_invitation;
    DROP POLICY signing_in ON accounts_invitation;
    ALTER TABLE accounts_invitation DISABLE ROW LEVEL SECURITY;
    DROP POLICY own_colleagues ON accounts_account;
    REVOKE INSERT ON accounts_account FROM portal_sign_in;
    REVOKE UPDATE (role, is_active) ON accounts_account FROM portal_partner;
    DROP POLICY signing_in ON mfa_authenticator;
    DROP POLICY every_row ON mfa_authenticator;
    DROP POLICY own_colleagues ON mfa_authenticator;
    ALTER TABLE mfa_authenticator DISABLE ROW LEVEL SECURITY;
    REVOKE ALL ON accounts_invitation, mfa_authenticator, usersessions_usersession
        FROM portal_sign_in, portal_partner, portal_support;
"""

REFERENCES = """
    ALTER TABLE accounts_assignment
        ADD CONSTRAINT assignment_account_same_partner
            FOREIGN KEY (partner_id, account_id) REFERENCES accounts_account (partner_id, id)
            DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT assignment_company_same_partner
            FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
            DEFERRABLE INITIALLY DEFERRED;
    ALTER TABLE accounts_invitedcompany
        ADD CONSTRAINT invited_company_invitation_same_partner
            FOREIGN KEY (partner_id, invitation_id) REFERENCES accounts_invitation (partner_id, id)
            DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT invited_company_company_same_partner
            FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
            DEFERRABLE INITIALLY DEFERRED;
"""
NO_REFERENCES = """
    ALTER TABLE accounts_assignment
        DROP CONSTRAINT assignment_account_same_partner, DROP CONSTRAINT assignment_company_same_partner;
    ALTER TABLE accounts_invitedcompany
        DROP CONSTRAINT invited_company_invitation_same_partner, DROP CONSTRAINT invited_company_company_same_partner;
"""

# Until now an account's own e-mail was what it signed in with, and nobody had asked whether it is theirs.
VERIFIED = """
    INSERT INTO account_emailaddress (user_id, email, verified, "primary")
    SELECT id, email, true, true FROM accounts_account
    WHERE is_active AND NOT EXISTS (SELECT FROM account_emailaddress WHERE user_id = accounts_account.id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0005_access_ends_at"),
        ("accounts", "0003_colleagues"),
        ("audit", "0007_outcome_and_origin"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("usersessions", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        migrations.RunSQL(ROLES, migrations.RunSQL.noop),
        migrations.RunSQL(REFERENCES, NO_REFERENCES),
        *(migrations.RunSQL(_tenant_table(table, rights), _open(table)) for table, rights in TENANT.items()),
        migrations.RunSQL(VIEWERS, NO_VIEWERS),
        migrations.RunSQL(SIGN_IN, NO_SIGN_IN),
        migrations.RunSQL(VERIFIED, migrations.RunSQL.noop),
    ]
