"""R3 in the database: statement-level triggers on users keep the company's counters; nothing else may write them.

The companies concerned are locked in the order of their ids before they are counted, so that two statements over
several companies cannot wait for each other. SECURITY DEFINER: the counters must be right whatever the serving role
may see; a company that could not be counted is an error, never a silence.
"""

from django.db import migrations

_CHANGED = {
    "insert": "SELECT company_id, status, 1 AS sign FROM new_rows",
    "delete": "SELECT company_id, status, -1 AS sign FROM old_rows",
    "update": (
        "SELECT company_id, status, 1 AS sign FROM new_rows"
        " UNION ALL SELECT company_id, status, -1 AS sign FROM old_rows"
    ),
}
_TABLES = {
    "insert": "NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}


def _create(operation: str) -> str:
    return f"""
    CREATE FUNCTION licensing_count_{operation}() RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        companies bigint[];
        held bigint[];
        waiting bigint[];
        counted integer;
    BEGIN
        SELECT array_agg(company_id), array_agg(h), array_agg(w) INTO companies, held, waiting FROM (
            SELECT company_id,
                sum(sign) FILTER (WHERE status IN ('active', 'disabled')) AS h,
                sum(sign) FILTER (WHERE status = 'pending') AS w
            FROM ({_CHANGED[operation]}) AS changed
            GROUP BY company_id
            HAVING sum(sign) FILTER (WHERE status IN ('active', 'disabled')) <> 0
                OR sum(sign) FILTER (WHERE status = 'pending') <> 0
        ) AS per_company;
        IF companies IS NULL THEN
            RETURN NULL;
        END IF;
        PERFORM 1 FROM companies_company WHERE id = ANY (companies) ORDER BY id FOR NO KEY UPDATE;
        UPDATE companies_company AS company
            SET seats_used = company.seats_used + coalesce(delta.h, 0),
                users_pending = company.users_pending + coalesce(delta.w, 0)
            FROM unnest(companies, held, waiting) AS delta (company_id, h, w)
            WHERE company.id = delta.company_id;
        GET DIAGNOSTICS counted = ROW_COUNT;
        IF counted <> cardinality(companies) THEN
            RAISE EXCEPTION 'counted % of % companies', counted, cardinality(companies)
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'user_counted';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER user_count_{operation} AFTER {operation.upper()} ON users_user
        REFERENCING {_TABLES[operation]} FOR EACH STATEMENT EXECUTE FUNCTION licensing_count_{operation}();
    """  # noqa: S608 - the parts are the constants above


def _drop(operation: str) -> str:
    return f"DROP TRIGGER user_count_{operation} ON users_user; DROP FUNCTION licensing_count_{operation}();"


class Migration(migrations.Migration):
    dependencies = [("licensing", "0002_ledger_guards"), ("companies", "0003_primary_user_is_active")]

    operations = [
        *(migrations.RunSQL(_create(operation), _drop(operation)) for operation in _CHANGED),
        # A trigger's own UPDATE runs at depth 1 or more; everybody else's at depth 0.
        migrations.RunSQL(
            """
            CREATE FUNCTION licensing_refuse_counting() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'seats_used and users_pending are counted by the database, never written'
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
            END $$;
            CREATE TRIGGER company_counters_are_counted BEFORE UPDATE ON companies_company FOR EACH ROW
                WHEN (pg_trigger_depth() = 0 AND (OLD.seats_used, OLD.users_pending)
                    IS DISTINCT FROM (NEW.seats_used, NEW.users_pending))
                EXECUTE FUNCTION licensing_refuse_counting();
            CREATE TRIGGER company_counters_begin_at_zero BEFORE INSERT ON companies_company FOR EACH ROW
                WHEN (NEW.seats_used <> 0 OR NEW.users_pending <> 0)
                EXECUTE FUNCTION licensing_refuse_counting();
            CREATE TRIGGER user_is_never_truncated BEFORE TRUNCATE ON users_user
                FOR EACH STATEMENT EXECUTE FUNCTION licensing_refuse_change();
            """,
            """
            DROP TRIGGER company_counters_are_counted ON companies_company;
            DROP TRIGGER company_counters_begin_at_zero ON companies_company;
            DROP TRIGGER user_is_never_truncated ON users_user;
            DROP FUNCTION licensing_refuse_counting();
            """,
        ),
    ]
