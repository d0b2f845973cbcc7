"""R23 at the door: who is not signed in yet can neither be made support staff nor be given more, whatever the code does.

Signing in changes of accounts the password, the e-mail and the time of the last sign-in; accepting an invitation makes
accounts of partner staff. Groups are read there, and changed in support's scope alone.
"""

from django.db import migrations

DOOR = "portal_sign_in"
GROUPS = "accounts_account_groups, accounts_account_user_permissions"

NARROW = f"""
    REVOKE INSERT, UPDATE, DELETE ON {GROUPS} FROM {DOOR};
    REVOKE UPDATE ON accounts_account FROM {DOOR};
    GRANT UPDATE (password, email, last_login) ON accounts_account TO {DOOR};
    DROP POLICY signing_in ON accounts_account;
    CREATE POLICY signing_in ON accounts_account FOR SELECT TO {DOOR} USING (true);
    CREATE POLICY own_sign_in ON accounts_account FOR UPDATE TO {DOOR} USING (true) WITH CHECK (true);
    CREATE POLICY invited ON accounts_account FOR INSERT TO {DOOR}
        WITH CHECK (partner_id IS NOT NULL AND NOT is_staff AND NOT is_superuser);
"""
WIDE = f"""
    DROP POLICY invited ON accounts_account;
    DROP POLICY own_sign_in ON accounts_account;
    DROP POLICY signing_in ON accounts_account;
    CREATE POLICY signing_in ON accounts_account TO {DOOR} USING (true) WITH CHECK (true);
    REVOKE UPDATE (password, email, last_login) ON accounts_account FROM {DOOR};
    GRANT UPDATE ON accounts_account TO {DOOR};
    GRANT INSERT, UPDATE, DELETE ON {GROUPS} TO {DOOR};
"""


class Migration(migrations.Migration):
    dependencies = [("partners", "0009_directories")]

    operations = [migrations.RunSQL(NARROW, WIDE)]
