"""R23 for the queue of jobs: mail that is not yet sent, for whomever it is.

In a scope a job can be deferred, and nothing of the queue is seen: the function that defers runs as the owner of the
tables. The worker signs in as `portal_app` and works the queue in no scope; a task opens one by name to see any rows.
"""

from django.db import migrations

TABLES = "procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, procrastinate_workers"
SCOPES = "portal_sign_in, portal_partner, portal_support, portal_viewer"
DEFERRING = "portal_sign_in, portal_partner, portal_support"
DEFER = "procrastinate_defer_jobs_v1(procrastinate_job_to_defer_v1[])"

# PostgreSQL lets everybody call a function, and by 0004 and 0006 the scopes may have been given the sequences.
CLOSED = f"""
    DO $$
    DECLARE
        found record;
    BEGIN
        FOR found IN
            SELECT oid::regprocedure AS name FROM pg_proc
            WHERE starts_with(proname, 'procrastinate_') AND pronamespace = 'public'::regnamespace
        LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', found.name);
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO portal_app', found.name);
        END LOOP;
        FOR found IN
            SELECT oid::regclass AS name FROM pg_class
            WHERE starts_with(relname, 'procrastinate_') AND relnamespace = 'public'::regnamespace AND relkind = 'S'
        LOOP
            EXECUTE format('REVOKE ALL ON SEQUENCE %s FROM {SCOPES}', found.name);
            EXECUTE format('GRANT USAGE ON SEQUENCE %s TO portal_app', found.name);
        END LOOP;
    END $$;
    REVOKE ALL ON {TABLES} FROM PUBLIC, {SCOPES};
    GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLES} TO portal_app;
"""  # noqa: S608 - our own names
OPEN = f"""
    DO $$
    DECLARE
        found record;
    BEGIN
        FOR found IN
            SELECT oid::regprocedure AS name FROM pg_proc
            WHERE starts_with(proname, 'procrastinate_') AND pronamespace = 'public'::regnamespace
        LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM portal_app', found.name);
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', found.name);
        END LOOP;
        FOR found IN
            SELECT oid::regclass AS name FROM pg_class
            WHERE starts_with(relname, 'procrastinate_') AND relnamespace = 'public'::regnamespace AND relkind = 'S'
        LOOP
            EXECUTE format('REVOKE ALL ON SEQUENCE %s FROM portal_app', found.name);
        END LOOP;
    END $$;
    REVOKE ALL ON {TABLES} FROM portal_app;
"""  # noqa: S608 - our own names

MAY_DEFER = f"""
    ALTER FUNCTION {DEFER} SECURITY DEFINER SET search_path = public, pg_temp;
    GRANT EXECUTE ON FUNCTION {DEFER} TO {DEFERRING};
"""
MAY_NOT_DEFER = f"""
    REVOKE ALL ON FUNCTION {DEFER} FROM {DEFERRING};
    ALTER FUNCTION {DEFER} SECURITY INVOKER RESET search_path;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0006_colleagues_and_viewers"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        migrations.RunSQL(CLOSED, OPEN),
        migrations.RunSQL(MAY_DEFER, MAY_NOT_DEFER),
    ]
