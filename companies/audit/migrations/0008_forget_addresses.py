"""Network addresses are personal data: in the audit's book, which only grows, they alone may be forgotten, when old.

What sign-ins had kept of them in `data` moves to its column first, and failed sign-ins get their outcome.
"""

from django.db import migrations

# Before this, the book refused every UPDATE by the statement. Now a row is compared with what it was: nothing but its
# address may differ, it may only be gone, and the row must be older than a month, whoever asks.
GUARD = """
    CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.address IS NULL AND OLD.at < now() - interval '30 days'
            AND to_jsonb(NEW) - 'address' = to_jsonb(OLD) - 'address'
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION '% of % is refused: of its rows nothing is forgotten but old addresses', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END $$;
    CREATE TRIGGER audit_is_append_only BEFORE DELETE OR TRUNCATE ON audit_auditevent
        FOR EACH STATEMENT EXECUTE FUNCTION licensing_refuse_change();
    CREATE TRIGGER audit_forgets_old_addresses_only BEFORE UPDATE ON audit_auditevent
        FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
"""
NO_GUARD = """
    DROP TRIGGER audit_forgets_old_addresses_only ON audit_auditevent;
    DROP TRIGGER audit_is_append_only ON audit_auditevent;
    DROP FUNCTION audit_refuse_change();
    CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_auditevent
        FOR EACH STATEMENT EXECUTE FUNCTION licensing_refuse_change();
"""

MOVED = """
    DROP TRIGGER audit_is_append_only ON audit_auditevent;
    CREATE FUNCTION pg_temp.known_address(text) RETURNS inet LANGUAGE plpgsql AS $$
    BEGIN
        RETURN nullif($1, '')::inet;
    EXCEPTION WHEN invalid_text_representation THEN
        RETURN NULL;
    END $$;
    UPDATE audit_auditevent SET
        address = coalesce(address, pg_temp.known_address(data ->> 'address')),
        data = data - 'address',
        outcome = CASE act WHEN 'sign_in_failed' THEN 'refused' ELSE outcome END
    WHERE data ? 'address';
    DROP FUNCTION pg_temp.known_address(text);
"""

# As the owner of the tables: no role that serves may UPDATE the book. The worker, which is in no scope, may ask for it.
FORGET = """
    CREATE FUNCTION audit_forget_addresses(before timestamptz) RETURNS bigint LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        forgotten bigint;
    BEGIN
        UPDATE audit_auditevent SET address = NULL WHERE at < before AND address IS NOT NULL;
        GET DIAGNOSTICS forgotten = ROW_COUNT;
        RETURN forgotten;
    END $$;
    REVOKE ALL ON FUNCTION audit_forget_addresses(timestamptz) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION audit_forget_addresses(timestamptz) TO portal_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0007_outcome_and_origin"),
        ("licensing", "0002_ledger_guards"),
        ("partners", "0006_colleagues_and_viewers"),
    ]

    operations = [
        migrations.RunSQL(MOVED, migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, NO_GUARD),
        migrations.RunSQL(FORGET, "DROP FUNCTION audit_forget_addresses(timestamptz);"),
    ]
