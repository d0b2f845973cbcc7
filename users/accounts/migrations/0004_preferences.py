"""Language and theme of an account; whoever is signed in sets their own at the door, in the sign-in scope (R23)."""

from django.db import migrations, models

GRANT = "GRANT UPDATE (language, theme) ON accounts_account TO portal_sign_in;"
REVOKE = "REVOKE UPDATE (language, theme) ON accounts_account FROM portal_sign_in;"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_colleagues"), ("partners", "0010_narrow_sign_in")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="language",
            field=models.CharField(blank=True, db_default="", default="", max_length=10, verbose_name="language"),
        ),
        migrations.AddField(
            model_name="account",
            name="theme",
            field=models.CharField(
                blank=True,
                choices=[("light", "Light"), ("dark", "Dark")],
                db_default="",
                default="",
                max_length=10,
                verbose_name="theme",
            ),
        ),
        migrations.RunSQL(GRANT, REVOKE),
    ]
