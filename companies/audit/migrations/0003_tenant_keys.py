"""References within one partner; and what was done stays done: no UPDATE, DELETE or TRUNCATE."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_references"),
        ("companies", "0002_primary_user"),
        ("directory", "0001_initial"),
        ("licensing", "0002_ledger_guards"),
    ]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE audit_auditevent
                ADD CONSTRAINT audit_company_same_partner
                    FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED,
                ADD CONSTRAINT audit_connector_same_partner
                    FOREIGN KEY (partner_id, by_connector_id) REFERENCES directory_connector (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
            CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_auditevent
                FOR EACH STATEMENT EXECUTE FUNCTION licensing_refuse_change();
            """,
            """
            DROP TRIGGER audit_is_append_only ON audit_auditevent;
            ALTER TABLE audit_auditevent
                DROP CONSTRAINT audit_company_same_partner, DROP CONSTRAINT audit_connector_same_partner;
            """,
        )
    ]
