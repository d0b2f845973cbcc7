"""References within one partner, for foreign-key checks bypass row-level security.

The primary user's own reference (R18) is in companies/migrations/0003_primary_user_is_active.py.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("users", "0001_initial"), ("companies", "0002_primary_user"), ("directory", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE users_user
                ADD CONSTRAINT user_company_same_partner
                    FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED,
                ADD CONSTRAINT user_connector_same_company
                    FOREIGN KEY (partner_id, company_id, connector_id)
                    REFERENCES directory_connector (partner_id, company_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
            ALTER TABLE users_statuschange
                ADD CONSTRAINT status_change_company_same_partner
                    FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED,
                ADD CONSTRAINT status_change_user_same_partner
                    FOREIGN KEY (partner_id, user_id) REFERENCES users_user (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED,
                ADD CONSTRAINT status_change_connector_same_company
                    FOREIGN KEY (partner_id, company_id, by_connector_id)
                    REFERENCES directory_connector (partner_id, company_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE users_user
                DROP CONSTRAINT user_company_same_partner, DROP CONSTRAINT user_connector_same_company;
            ALTER TABLE users_statuschange
                DROP CONSTRAINT status_change_company_same_partner,
                DROP CONSTRAINT status_change_user_same_partner,
                DROP CONSTRAINT status_change_connector_same_company;
            """,
        )
    ]
