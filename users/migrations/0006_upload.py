from django.conf import settings
from django.db import migrations, models
from django.db.models import CASCADE


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0004_known_words"),
        ("partners", "0003_keep_terms"),
        ("users", "0005_user_by_connector"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(max_length=40)),
                ("people", models.JSONField()),
                ("expires_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "company",
                    models.ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="companies.company"),
                ),
                (
                    "partner",
                    models.ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="partners.partner"),
                ),
            ],
            options={
                "verbose_name": "upload",
                "verbose_name_plural": "uploads",
                "indexes": [models.Index(fields=["partner", "expires_at"], name="upload_by_expiry")],
                "constraints": [models.UniqueConstraint(fields=("partner", "token"), name="upload_token_once")],
            },
        ),
        # Foreign-key checks bypass row-level security: the company must be the same partner's.
        migrations.RunSQL(
            """
            ALTER TABLE users_upload
                ADD CONSTRAINT upload_company_same_partner
                    FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
            """,
            "ALTER TABLE users_upload DROP CONSTRAINT upload_company_same_partner;",
        ),
    ]
