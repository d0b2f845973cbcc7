"""R16 and R17 in the database: the ledger is a chain that ends where the company stands, and history is append-only."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("licensing", "0001_initial"), ("users", "0002_tenant_keys"), ("directory", "0002_tenant_keys")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE licensing_ledgerentry
                ADD CONSTRAINT ledger_company_same_partner
                    FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED,
                ADD CONSTRAINT ledger_connector_same_company
                    FOREIGN KEY (partner_id, company_id, by_connector_id)
                    REFERENCES directory_connector (partner_id, company_id, id)
                    DEFERRABLE INITIALLY DEFERRED,
                ADD CONSTRAINT ledger_begins_where_the_last_ended
                    FOREIGN KEY (partner_id, company_id, previous_number, seats_from, tier_from)
                    REFERENCES licensing_ledgerentry (partner_id, company_id, number, seats_to, tier_to)
                    DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE licensing_ledgerentry
                DROP CONSTRAINT ledger_company_same_partner,
                DROP CONSTRAINT ledger_connector_same_company,
                DROP CONSTRAINT ledger_begins_where_the_last_ended;
            """,
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION licensing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '% of % is refused: its rows are never changed or deleted', TG_OP, TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
            END $$;
            CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON licensing_ledgerentry
                FOR EACH STATEMENT EXECUTE FUNCTION licensing_refuse_change();
            CREATE TRIGGER status_history_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON users_statuschange
                FOR EACH STATEMENT EXECUTE FUNCTION licensing_refuse_change();
            """,
            """
            DROP TRIGGER ledger_is_append_only ON licensing_ledgerentry;
            DROP TRIGGER status_history_is_append_only ON users_statuschange;
            DROP FUNCTION licensing_refuse_change();
            """,
        ),
        # Compared at commit, when all that belongs to a change has been written. The company is read again then: the
        # row that fired the trigger may have been changed once more since. SECURITY DEFINER, because the comparison
        # must see every row whatever the role that serves may see.
        migrations.RunSQL(
            """
            CREATE FUNCTION licensing_ledger_agrees() RETURNS trigger LANGUAGE plpgsql
                SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
            DECLARE
                company companies_company;
                last licensing_ledgerentry;
            BEGIN
                SELECT * INTO company FROM companies_company
                    WHERE id = CASE TG_TABLE_NAME
                        WHEN 'companies_company' THEN (to_jsonb(NEW) ->> 'id')::bigint
                        ELSE (to_jsonb(NEW) ->> 'company_id')::bigint END;
                SELECT * INTO last FROM licensing_ledgerentry
                    WHERE partner_id = company.partner_id AND company_id = company.id ORDER BY number DESC LIMIT 1;
                IF last.id IS NULL
                    OR (last.seats_to, last.tier_to) IS DISTINCT FROM (company.seats, company.tier)
                    OR (last.kind = 'closed') IS DISTINCT FROM (company.closed_at IS NOT NULL)
                THEN
                    RAISE EXCEPTION 'company % has % seats on %, its ledger says % on %',
                        company.id, company.seats, company.tier, last.seats_to, last.tier_to
                        USING ERRCODE = 'integrity_constraint_violation',
                            CONSTRAINT = 'ledger_agrees_with_company', TABLE = TG_TABLE_NAME;
                END IF;
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER company_agrees_with_ledger
                AFTER INSERT OR UPDATE OF seats, tier, closed_at ON companies_company
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION licensing_ledger_agrees();
            CREATE CONSTRAINT TRIGGER ledger_agrees_with_company
                AFTER INSERT ON licensing_ledgerentry
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION licensing_ledger_agrees();
            """,
            """
            DROP TRIGGER company_agrees_with_ledger ON companies_company;
            DROP TRIGGER ledger_agrees_with_company ON licensing_ledgerentry;
            DROP FUNCTION licensing_ledger_agrees();
            """,
        ),
    ]
