"""R23 for sessions and passwords: they are read at the door, and in no other scope.

Whole accounts are read in every scope, by joins too. Where the column is closed, `accounts_password` stands in for it
(users/accounts/models.PasswordField): it answers at the door and to whoever runs the installation, and else NULL, which
no account can be saved with.
"""

from django.db import migrations

CLOSED = "portal_partner, portal_viewer, portal_support"
SEEING = "portal_partner, portal_viewer"

# All columns but the password: what is granted by column is granted to those that there are.
PASSWORDS = f"""
    CREATE FUNCTION accounts_password(account bigint) RETURNS varchar LANGUAGE plpgsql STABLE
        SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF current_setting('role') IN ('portal_partner', 'portal_viewer', 'portal_support', 'portal_app') THEN
            RETURN NULL;
        END IF;
        RETURN (SELECT password FROM accounts_account WHERE id = account);
    END $$;
    REVOKE ALL ON FUNCTION accounts_password(bigint) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION accounts_password(bigint) TO portal_sign_in, {CLOSED};
    REVOKE SELECT ON accounts_account FROM {CLOSED};
    DO $do$
    DECLARE
        columns text;
    BEGIN
        SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
        WHERE attrelid = 'accounts_account'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'password';
        EXECUTE format('GRANT SELECT (%s) ON accounts_account TO {CLOSED}', columns);
    END $do$;
"""  # noqa: S608 - our own names
OPEN_PASSWORDS = f"""
    REVOKE SELECT ON accounts_account FROM {CLOSED};
    GRANT SELECT ON accounts_account TO {CLOSED};
    DROP FUNCTION accounts_password(bigint);
"""  # noqa: S608 - our own names

SESSIONS = f"REVOKE ALL ON django_session FROM {SEEING};"
OPEN_SESSIONS = f"GRANT SELECT, INSERT, UPDATE, DELETE ON django_session TO {SEEING};"


class Migration(migrations.Migration):
    dependencies = [("partners", "0012_counters"), ("accounts", "0004_preferences")]

    operations = [
        migrations.RunSQL(PASSWORDS, OPEN_PASSWORDS),
        migrations.RunSQL(SESSIONS, OPEN_SESSIONS),
    ]
