"""R25: visits are begun by support alone, and no partner's scope makes one longer; its Admins end them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("partners", "0010_narrow_sign_in")]

    operations = [
        migrations.RunSQL(
            """
            REVOKE INSERT, UPDATE ON accounts_visit FROM portal_partner;
            GRANT UPDATE (ended_at, ended_by_id) ON accounts_visit TO portal_partner;
            """,
            """
            REVOKE UPDATE (ended_at, ended_by_id) ON accounts_visit FROM portal_partner;
            GRANT INSERT, UPDATE ON accounts_visit TO portal_partner;
            """,
        ),
    ]
