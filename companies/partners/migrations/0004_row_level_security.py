"""R23 in the database: row-level security on every table that names a partner, and the roles that serve.

Roles belong to the whole server, not to one database: they are made where they are missing. None of them can sign in.
`portal_app` is the one that serves; docs/deploy.md says how it gets a password. It inherits nothing: what it may do,
it may do only in a scope (companies/partners/scope.py).

Policies are made for `portal_partner` and `portal_support`; whoever is neither sees no row. The owner of the tables
is not bound by them (row-level security is never FORCEd: the counting triggers must see every row).
"""

from pathlib import Path

from django.db import migrations

TENANT = {
    "audit_auditevent": "SELECT, INSERT",
    "companies_company": "SELECT, INSERT, UPDATE",
    "directory_connector": "SELECT, INSERT, UPDATE",
    "licensing_ledgerentry": "SELECT, INSERT",
    "partners_terms": "SELECT",
    "policies_policy": "SELECT, INSERT, UPDATE",
    "users_statuschange": "SELECT, INSERT",
    "users_upload": "SELECT, INSERT, UPDATE, DELETE",
    "users_user": "SELECT, INSERT, UPDATE",
}
"""What may be done to a partner's own rows; nothing but an upload is ever deleted (R2, R16, R17)."""
EVERY_REQUEST = ["django_session", "portal_cache"]
KNOWN_TO_ALL = [
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
]
ACCOUNT_TABLES = [
    "account_emailaddress",
    "account_emailconfirmation",
    "accounts_account_groups",
    "accounts_account_user_permissions",
]

ROLES = (Path(__file__).resolve().parent.parent / "roles.sql").read_text(encoding="utf-8")

ALL_THREE = "portal_sign_in, portal_partner, portal_support"
OWN = "partner_id = nullif(current_setting('portal.partner_id', true), '')::bigint"


def _tenant_table(table: str, rights: str) -> str:
    return f"""
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own_rows ON {table} TO portal_partner USING ({OWN}) WITH CHECK ({OWN});
    CREATE POLICY every_row ON {table} TO portal_support USING (true) WITH CHECK (true);
    GRANT {rights} ON {table} TO portal_partner, portal_support;
    """


def _open(table: str, *policies: str) -> str:
    drops = " ".join(f"DROP POLICY {policy} ON {table};" for policy in policies)
    return f"{drops} ALTER TABLE {table} DISABLE ROW LEVEL SECURITY; REVOKE ALL ON {table} FROM {ALL_THREE};"


ACCOUNTS = """
    ALTER TABLE partners_partner ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own_rows ON partners_partner FOR SELECT TO portal_partner
        USING (id = nullif(current_setting('portal.partner_id', true), '')::bigint);
    CREATE POLICY every_row ON partners_partner TO portal_support USING (true) WITH CHECK (true);
    CREATE POLICY signing_in ON partners_partner FOR SELECT TO portal_sign_in USING (true);
    GRANT SELECT ON partners_partner TO portal_partner, portal_sign_in;
    GRANT SELECT, INSERT, UPDATE ON partners_partner TO portal_support;

    -- A partner sees its colleagues, and who of the support staff did something to it.
    ALTER TABLE accounts_account ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own_rows ON accounts_account FOR SELECT TO portal_partner
        USING (is_staff OR partner_id = nullif(current_setting('portal.partner_id', true), '')::bigint);
    CREATE POLICY every_row ON accounts_account TO portal_support USING (true) WITH CHECK (true);
    CREATE POLICY signing_in ON accounts_account TO portal_sign_in USING (true) WITH CHECK (true);
    GRANT SELECT ON accounts_account TO portal_partner;
    GRANT SELECT, UPDATE ON accounts_account TO portal_sign_in;
    GRANT SELECT, INSERT, UPDATE ON accounts_account TO portal_support;
"""


def _grants() -> str:
    lines = [f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ALL_THREE};" for table in EVERY_REQUEST]
    lines += [f"GRANT SELECT ON {table} TO {ALL_THREE};" for table in KNOWN_TO_ALL]
    lines += [
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO portal_sign_in, portal_support;"
        for table in ACCOUNT_TABLES
    ]
    lines += [
        "GRANT SELECT, INSERT, UPDATE, DELETE ON auth_group, auth_group_permissions TO portal_support;",
        "GRANT SELECT, INSERT ON django_admin_log TO portal_support;",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ALL_THREE};",
    ]
    return "\n".join(lines)


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0003_keep_terms"),
        ("companies", "0004_known_words"),
        ("policies", "0002_tenant_keys"),
        ("audit", "0003_tenant_keys"),
        ("licensing", "0003_counters"),
        ("users", "0006_upload"),
        ("directory", "0003_connector_name_once"),
        ("accounts", "0002_cache_table"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(ROLES, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(_tenant_table(table, rights), _open(table, "own_rows", "every_row"))
            for table, rights in TENANT.items()
        ),
        migrations.RunSQL(
            ACCOUNTS,
            _open("partners_partner", "own_rows", "every_row", "signing_in")
            + _open("accounts_account", "own_rows", "every_row", "signing_in"),
        ),
        migrations.RunSQL(
            _grants(),
            f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {ALL_THREE};"
            f" REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {ALL_THREE};",
        ),
    ]
