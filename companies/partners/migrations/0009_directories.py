"""R23 for what directories bring: entries, groups, runs, held changes; and who a token stands for.

A token is looked up before a partner is known: by a function that answers for one hash, and shows nothing else.
"""

from django.db import migrations

TENANT = {
    "directory_entry": "SELECT, INSERT, UPDATE",
    "directory_group": "SELECT, INSERT, UPDATE, DELETE",
    "directory_run": "SELECT, INSERT, UPDATE",
    "directory_outcome": "SELECT, INSERT, UPDATE",
    "directory_heldchange": "SELECT, INSERT, UPDATE",
}
"""The new tables of partners' own rows, and what may be done to them."""
OWN = "partner_id = nullif(current_setting('portal.partner_id', true), '')::bigint"


def _tenant_table(table: str, rights: str) -> str:
    return f"""
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own_rows ON {table} TO portal_partner USING ({OWN}) WITH CHECK ({OWN});
    CREATE POLICY seen_rows ON {table} FOR SELECT TO portal_viewer USING ({OWN});
    CREATE POLICY every_row ON {table} TO portal_support USING (true) WITH CHECK (true);
    GRANT {rights} ON {table} TO portal_partner, portal_support;
    GRANT SELECT ON {table} TO portal_viewer;
    """


def _open(table: str) -> str:
    return f"""
    DROP POLICY own_rows ON {table}; DROP POLICY seen_rows ON {table}; DROP POLICY every_row ON {table};
    ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
    REVOKE ALL ON {table} FROM portal_partner, portal_viewer, portal_support;
    """


SAME_CONNECTOR = """
        ADD CONSTRAINT {name}_connector_same_company
            FOREIGN KEY (partner_id, company_id, connector_id) REFERENCES directory_connector (partner_id, company_id, id)
            DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT {name}_company_same_partner
            FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
            DEFERRABLE INITIALLY DEFERRED
"""
REFERENCES = f"""
    ALTER TABLE directory_entry {SAME_CONNECTOR.format(name="entry")},
        ADD CONSTRAINT entry_user_same_partner
            FOREIGN KEY (partner_id, user_id) REFERENCES users_user (partner_id, id) DEFERRABLE INITIALLY DEFERRED;
    ALTER TABLE directory_group {SAME_CONNECTOR.format(name="group")};
    ALTER TABLE directory_run {SAME_CONNECTOR.format(name="run")};
    ALTER TABLE directory_heldchange {SAME_CONNECTOR.format(name="held")},
        ADD CONSTRAINT held_entry_same_partner
            FOREIGN KEY (partner_id, entry_id) REFERENCES directory_entry (partner_id, id)
            DEFERRABLE INITIALLY DEFERRED;
    ALTER TABLE directory_outcome
        ADD CONSTRAINT outcome_company_same_partner
            FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
            DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT outcome_run_same_partner
            FOREIGN KEY (partner_id, run_id) REFERENCES directory_run (partner_id, id) DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT outcome_entry_same_partner
            FOREIGN KEY (partner_id, entry_id) REFERENCES directory_entry (partner_id, id)
            DEFERRABLE INITIALLY DEFERRED;
"""
NO_REFERENCES = """
    ALTER TABLE directory_entry DROP CONSTRAINT entry_connector_same_company,
        DROP CONSTRAINT entry_company_same_partner, DROP CONSTRAINT entry_user_same_partner;
    ALTER TABLE directory_group DROP CONSTRAINT group_connector_same_company,
        DROP CONSTRAINT group_company_same_partner;
    ALTER TABLE directory_run DROP CONSTRAINT run_connector_same_company, DROP CONSTRAINT run_company_same_partner;
    ALTER TABLE directory_heldchange DROP CONSTRAINT held_connector_same_company,
        DROP CONSTRAINT held_company_same_partner, DROP CONSTRAINT held_entry_same_partner;
    ALTER TABLE directory_outcome DROP CONSTRAINT outcome_company_same_partner,
        DROP CONSTRAINT outcome_run_same_partner, DROP CONSTRAINT outcome_entry_same_partner;
"""

TOKENS = """
    CREATE FUNCTION directory_connector_of_token(hash text)
        RETURNS TABLE (partner_id bigint, connector_id bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        SELECT partner_id, id FROM directory_connector
        WHERE removed_at IS NULL
            AND (token_hash = hash OR (former_token_hash = hash AND former_token_ends_at > statement_timestamp()))
    $$;
    REVOKE ALL ON FUNCTION directory_connector_of_token(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION directory_connector_of_token(text) TO portal_sign_in;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0008_viewers_read_invitations"),
        ("directory", "0004_entries"),
        ("users", "0007_erased_at"),
    ]

    operations = [
        migrations.RunSQL(REFERENCES, NO_REFERENCES),
        *(migrations.RunSQL(_tenant_table(table, rights), _open(table)) for table, rights in TENANT.items()),
        migrations.RunSQL(TOKENS, "DROP FUNCTION directory_connector_of_token(text);"),
        migrations.RunSQL(
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO portal_partner, portal_support;"
            " DO $do$ DECLARE found record; BEGIN"
            " FOR found IN SELECT oid::regclass AS name FROM pg_class WHERE starts_with(relname, 'procrastinate_')"
            " AND relnamespace = 'public'::regnamespace AND relkind = 'S' LOOP"
            " EXECUTE format('REVOKE ALL ON SEQUENCE %s FROM portal_partner, portal_support', found.name);"
            " END LOOP; END $do$;",
            migrations.RunSQL.noop,
        ),
    ]
