"""Licenses of many companies, changed by one confirmation: what was previewed, and what became of it (R23: tenant)."""

from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.models import CASCADE, PROTECT
from django.db.models.functions import Now

OWN = "partner_id = nullif(current_setting('portal.partner_id', true), '')::bigint"
TIERS = [("standard", "Standard"), ("advanced", "Advanced")]


def _key() -> Any:
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def _to(model: str, on_delete: Any = CASCADE, related_name: str = "+") -> Any:
    return models.ForeignKey(db_index=False, on_delete=on_delete, related_name=related_name, to=model)


def _tenant_table(table: str) -> migrations.RunSQL:
    # Support staff who view the portal as the partner does see none of it: it is nothing of the partner's yet, or long
    # in its ledger.
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own_rows ON {table} TO portal_partner USING ({OWN}) WITH CHECK ({OWN});
        CREATE POLICY every_row ON {table} TO portal_support USING (true) WITH CHECK (true);
        GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO portal_partner;
        GRANT SELECT ON {table} TO portal_support;
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
        ("companies", "0004_known_words"),
        ("licensing", "0003_counters"),
        ("partners", "0011_visits_are_supports"),
        ("accounts", "0003_colleagues"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkChange",
            fields=[
                ("id", _key()),
                ("token", models.CharField(max_length=40)),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("add", "Add seats"),
                            ("set", "Set the number of seats"),
                            ("trim", "Trim unused seats"),
                            ("upgrade", "Upgrade to Advanced"),
                        ],
                        max_length=10,
                    ),
                ),
                ("number", models.PositiveIntegerField(default=0)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("all_or_nothing", models.BooleanField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "In progress"), ("done", "Done"), ("refused", "Refused")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=40)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("account", _to(settings.AUTH_USER_MODEL)),
                ("partner", _to("partners.partner")),
            ],
            options={
                "verbose_name": "bulk change",
                "verbose_name_plural": "bulk changes",
                "indexes": [models.Index(fields=["partner", "created_at"], name="bulk_by_time")],
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "id"), name="bulk_tenant_key"),
                    models.UniqueConstraint(fields=("partner", "token"), name="bulk_token_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkLine",
            fields=[
                ("id", _key()),
                ("seen", models.PositiveIntegerField()),
                ("seats_from", models.PositiveIntegerField()),
                ("tier_from", models.CharField(choices=TIERS, max_length=10)),
                ("seats", models.PositiveIntegerField()),
                ("tier", models.CharField(choices=TIERS, max_length=10)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("changed", "Changed"),
                            ("unchanged", "Stayed as it was"),
                            ("refused", "Not changed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("seated", models.PositiveIntegerField(default=0)),
                ("code", models.CharField(blank=True, max_length=40)),
                ("data", models.JSONField(default=dict)),
                ("bulk", _to("licensing.bulkchange", related_name="lines")),
                ("company", _to("companies.company", PROTECT)),
                ("partner", _to("partners.partner")),
            ],
            options={
                "verbose_name": "line of a bulk change",
                "verbose_name_plural": "lines of bulk changes",
                "constraints": [models.UniqueConstraint(fields=("partner", "bulk", "company"), name="bulk_line_once")],
            },
        ),
        # Foreign-key checks bypass row-level security: what is referred to must be the same partner's.
        migrations.RunSQL(
            """
            ALTER TABLE licensing_bulkchange
                ADD CONSTRAINT bulk_account_same_partner
                    FOREIGN KEY (partner_id, account_id) REFERENCES accounts_account (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
            ALTER TABLE licensing_bulkline
                ADD CONSTRAINT bulk_line_bulk_same_partner
                    FOREIGN KEY (partner_id, bulk_id) REFERENCES licensing_bulkchange (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED,
                ADD CONSTRAINT bulk_line_company_same_partner
                    FOREIGN KEY (partner_id, company_id) REFERENCES companies_company (partner_id, id)
                    DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE licensing_bulkline
                DROP CONSTRAINT bulk_line_bulk_same_partner, DROP CONSTRAINT bulk_line_company_same_partner;
            ALTER TABLE licensing_bulkchange DROP CONSTRAINT bulk_account_same_partner;
            """,
        ),
        _tenant_table("licensing_bulkchange"),
        _tenant_table("licensing_bulkline"),
    ]
