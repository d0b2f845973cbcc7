"""Files of people on their way into a company, with a row for each person (R23: tenant)."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

OWN = "partner_id = nullif(current_setting('portal.partner_id', true), '')::bigint"


def _tenant_table(table: str) -> migrations.RunSQL:
    # Support staff who view the portal as the partner does see none of it; support erases people, from files too (R25).
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own_rows ON {table} TO portal_partner USING ({OWN}) WITH CHECK ({OWN});
        CREATE POLICY every_row ON {table} TO portal_support USING (true) WITH CHECK (true);
        GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO portal_partner;
        GRANT SELECT, UPDATE, DELETE ON {table} TO portal_support;
        GRANT USAGE ON SEQUENCE {table}_id_seq TO portal_partner;
        """,
        f"""
        REVOKE ALL ON SEQUENCE {table}_id_seq FROM portal_partner;
        REVOKE ALL ON {table} FROM portal_partner, portal_support;
        DROP POLICY own_rows ON {table}; DROP POLICY every_row ON {table};
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0005_sort_key"),
        ("partners", "0013_close_sessions_and_passwords"),
        ("accounts", "0003_colleagues"),
        ("users", "0010_sort_key"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(max_length=40)),
                ("file_name", models.CharField(blank=True, max_length=200)),
                ("encoding", models.CharField(blank=True, max_length=40)),
                ("separator", models.CharField(blank=True, max_length=1)),
                ("records", models.JSONField(default=list)),
                ("has_header", models.BooleanField(default=True)),
                ("columns", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("columns", "Columns to be chosen"),
                            ("draft", "To be confirmed"),
                            ("waiting", "In progress"),
                            ("done", "Done"),
                            ("refused", "Nobody was added"),
                        ],
                        default="columns",
                        max_length=10,
                    ),
                ),
                ("all_or_nothing", models.BooleanField(default=True)),
                ("may_wait", models.BooleanField(default=False)),
                ("code", models.CharField(blank=True, max_length=40)),
                ("data", models.JSONField(default=dict)),
                ("first_users", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="partners.partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("first_name", models.TextField(blank=True)),
                ("last_name", models.TextField(blank=True)),
                ("email", models.TextField(blank=True)),
                ("surplus", models.TextField(blank=True)),
                ("is_wrong", models.BooleanField(default=False)),
                ("is_left_out", models.BooleanField(default=False)),
                ("first", models.PositiveIntegerField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("added", "Added"),
                            ("waiting", "Pending approval"),
                            ("there", "There already"),
                            ("refused", "Not added"),
                            ("left_out", "Left out"),
                        ],
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=40)),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="partners.partner",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="users.importrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "row of an import",
                "verbose_name_plural": "rows of imports",
            },
        ),
        migrations.AddIndex(
            model_name="importrun",
            index=models.Index(fields=["partner", "expires_at"], name="import_by_expiry"),
        ),
        migrations.AddIndex(
            model_name="importrun",
            index=models.Index(fields=["partner", "company", "-id"], name="import_of_company"),
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.UniqueConstraint(fields=("partner", "id"), name="import_tenant_key"),
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.UniqueConstraint(fields=("partner", "token"), name="import_token_once"),
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["columns", "draft", "waiting", "done", "refused"])),
                name="import_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.UniqueConstraint(fields=("partner", "run", "number"), name="import_row_once"),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["", "added", "waiting", "there", "refused", "left_out"])),
                name="import_row_outcome_known",
            ),
        ),
        # Foreign-key checks bypass row-level security: what is referred to must be the same partner's.
        migrations.RunSQL(
            """
            ALTER TABLE users_importrun
                ADD CONSTRAINT import_company_same_partner
                    FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED,
                ADD CONSTRAINT import_account_same_partner
                    FOREIGN KEY (partner_id, account_id) REFERENCES accounts_account (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
            ALTER TABLE users_importrow
                ADD CONSTRAINT import_row_run_same_partner
                    FOREIGN KEY (partner_id, run_id) REFERENCES users_importrun (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE users_importrow DROP CONSTRAINT import_row_run_same_partner;
            ALTER TABLE users_importrun
                DROP CONSTRAINT import_company_same_partner, DROP CONSTRAINT import_account_same_partner;
            """,
        ),
        _tenant_table("users_importrun"),
        _tenant_table("users_importrow"),
    ]
