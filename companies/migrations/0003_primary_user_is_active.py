"""R18 in the database: an open company's primary user is one of its own users, and Active.

`primary_status` is 'active' while the company is open and NULL once it is closed, when nothing is asked any more. The
check comes at commit, so that a company and its primary user can refer to each other, and a transfer can be carried out.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("companies", "0002_primary_user"), ("users", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE companies_company
                ADD CONSTRAINT company_primary_user_is_active
                    FOREIGN KEY (partner_id, id, primary_user_id, primary_status)
                    REFERENCES users_user (partner_id, company_id, id, status)
                    DEFERRABLE INITIALLY DEFERRED,
                ADD CONSTRAINT company_primary_user_same_partner
                    FOREIGN KEY (partner_id, primary_user_id) REFERENCES users_user (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE companies_company
                DROP CONSTRAINT company_primary_user_is_active, DROP CONSTRAINT company_primary_user_same_partner;
            """,
        )
    ]
