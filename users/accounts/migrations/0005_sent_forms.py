"""Forms that were sent and done, so that they are not done twice (R23: tenant)."""

from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.models import CASCADE
from django.db.models.functions import Now

OWN = "partner_id = nullif(current_setting('portal.partner_id', true), '')::bigint"

# Foreign-key checks bypass row-level security: the account must be the same partner's. Support staff who view the
# portal as the partner does send no forms.
TENANT_TABLE = f"""
    ALTER TABLE accounts_sentform ADD CONSTRAINT sent_form_account_same_partner
        FOREIGN KEY (partner_id, account_id) REFERENCES accounts_account (partner_id, id) DEFERRABLE INITIALLY DEFERRED;
    ALTER TABLE accounts_sentform ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own_rows ON accounts_sentform TO portal_partner USING ({OWN}) WITH CHECK ({OWN});
    CREATE POLICY every_row ON accounts_sentform TO portal_support USING (true) WITH CHECK (true);
    GRANT SELECT, INSERT, DELETE ON accounts_sentform TO portal_partner;
    GRANT SELECT ON accounts_sentform TO portal_support;
    GRANT USAGE ON SEQUENCE accounts_sentform_id_seq TO portal_partner;
"""
PLAIN_TABLE = """
    REVOKE ALL ON SEQUENCE accounts_sentform_id_seq FROM portal_partner;
    REVOKE ALL ON accounts_sentform FROM portal_partner, portal_support;
    DROP POLICY own_rows ON accounts_sentform; DROP POLICY every_row ON accounts_sentform;
    ALTER TABLE accounts_sentform DISABLE ROW LEVEL SECURITY;
    ALTER TABLE accounts_sentform DROP CONSTRAINT sent_form_account_same_partner;
"""


def _to(model: str) -> Any:
    return models.ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to=model)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_preferences"), ("partners", "0013_close_sessions_and_passwords")]

    operations = [
        migrations.CreateModel(
            name="SentForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                ("leads_to", models.TextField(blank=True)),
                ("at", models.DateTimeField(db_default=Now(), editable=False)),
                ("account", _to(settings.AUTH_USER_MODEL)),
                ("partner", _to("partners.partner")),
            ],
            options={
                "verbose_name": "sent form",
                "verbose_name_plural": "sent forms",
                "indexes": [models.Index(fields=["partner", "at"], name="sent_form_by_time")],
                "constraints": [models.UniqueConstraint(fields=("partner", "account", "key"), name="sent_form_once")],
            },
        ),
        migrations.RunSQL(TENANT_TABLE, PLAIN_TABLE),
    ]
