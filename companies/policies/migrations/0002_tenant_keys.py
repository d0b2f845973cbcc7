"""References within one partner, and Advanced held while an Advanced policy is on (R13, R14)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial"), ("companies", "0002_primary_user")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE policies_policy
                ADD CONSTRAINT policy_company_same_partner
                    FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED,
                ADD CONSTRAINT policy_needs_advanced
                    FOREIGN KEY (partner_id, company_id, required_tier)
                    REFERENCES companies_company (partner_id, id, tier)
                    DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE policies_policy
                DROP CONSTRAINT policy_company_same_partner, DROP CONSTRAINT policy_needs_advanced;
            """,
        )
    ]
