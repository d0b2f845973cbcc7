"""R15 in the database: a partner's terms are kept whenever they change, and what was kept stays as it is."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("partners", "0002_terms"), ("licensing", "0002_ledger_guards")]

    operations = [
        # The partner's row is locked by whoever changes it, so that terms follow one another: the clock read by one
        # who had to wait for that lock may be behind. SECURITY DEFINER: the role that serves need not write terms.
        migrations.RunSQL(
            """
            CREATE FUNCTION partners_keep_terms() RETURNS trigger LANGUAGE plpgsql
                SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
            DECLARE
                last partners_terms;
            BEGIN
                SELECT * INTO last FROM partners_terms WHERE partner_id = NEW.id ORDER BY since DESC LIMIT 1;
                IF last.id IS NULL
                    OR (last.price_standard, last.price_advanced, last.currency, last.time_zone)
                        IS DISTINCT FROM (NEW.price_standard, NEW.price_advanced, NEW.currency, NEW.time_zone)
                THEN
                    INSERT INTO partners_terms
                        (partner_id, since, price_standard, price_advanced, currency, time_zone)
                    VALUES (
                        NEW.id, greatest(statement_timestamp(), last.since + interval '1 microsecond'),
                        NEW.price_standard, NEW.price_advanced, NEW.currency, NEW.time_zone
                    );
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER partner_terms_are_kept
                AFTER INSERT OR UPDATE OF price_standard, price_advanced, currency, time_zone ON partners_partner
                FOR EACH ROW EXECUTE FUNCTION partners_keep_terms();
            CREATE TRIGGER terms_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON partners_terms
                FOR EACH STATEMENT EXECUTE FUNCTION licensing_refuse_change();
            """,
            """
            DROP TRIGGER terms_are_append_only ON partners_terms;
            DROP TRIGGER partner_terms_are_kept ON partners_partner;
            DROP FUNCTION partners_keep_terms();
            """,
        ),
        # Creating the trigger keeps writers of partners away until the commit: no change falls between.
        migrations.RunSQL(
            """
            INSERT INTO partners_terms (partner_id, since, price_standard, price_advanced, currency, time_zone)
                SELECT id, created_at, price_standard, price_advanced, currency, time_zone FROM partners_partner;
            SET CONSTRAINTS ALL IMMEDIATE;
            """,
            migrations.RunSQL.noop,
        ),
        # A trigger's own INSERT runs at depth 1 or more; everybody else's at depth 0.
        migrations.RunSQL(
            """
            CREATE FUNCTION partners_refuse_terms() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'terms are kept by the database when a partner changes, never written'
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
            END $$;
            CREATE TRIGGER terms_are_kept_by_the_database BEFORE INSERT ON partners_terms FOR EACH ROW
                WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION partners_refuse_terms();
            """,
            """
            DROP TRIGGER terms_are_kept_by_the_database ON partners_terms;
            DROP FUNCTION partners_refuse_terms();
            """,
        ),
    ]
