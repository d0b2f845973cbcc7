"""Who views the portal as a partner does reads its audit, which tells of invitations: by name, and nothing of links."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("partners", "0007_job_queue")]

    operations = [
        migrations.RunSQL(
            """
            CREATE POLICY seen_rows ON accounts_invitation FOR SELECT TO portal_viewer
                USING (partner_id = nullif(current_setting('portal.partner_id', true), '')::bigint);
            GRANT SELECT (id, partner_id, email, name) ON accounts_invitation TO portal_viewer;
            """,
            """
            DROP POLICY seen_rows ON accounts_invitation;
            REVOKE SELECT (id, partner_id, email, name) ON accounts_invitation FROM portal_viewer;
            """,
        ),
    ]
