"""References that foreign-key checks alone would let cross partners, and Advanced held while a connector exists (R14)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("directory", "0001_initial"), ("companies", "0002_primary_user")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE directory_connector
                ADD CONSTRAINT connector_company_same_partner
                    FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED,
                ADD CONSTRAINT connector_needs_advanced
                    FOREIGN KEY (partner_id, company_id, required_tier)
                    REFERENCES companies_company (partner_id, id, tier)
                    DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE directory_connector
                DROP CONSTRAINT connector_company_same_partner, DROP CONSTRAINT connector_needs_advanced;
            """,
        )
    ]
