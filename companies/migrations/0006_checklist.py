"""The set-up checklist of a company. For those that are there by now it is put away: they are set up."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("companies", "0005_sort_key")]

    operations = [
        # By the default, which fills the column as it is made: an UPDATE would wake the guards of seats and tier.
        migrations.AddField(
            "company", "checklist_away_at", models.DateTimeField(null=True, editable=False, db_default=Now())
        ),
        migrations.AlterField("company", "checklist_away_at", models.DateTimeField(null=True, editable=False)),
        migrations.AddField("company", "policies_reviewed_at", models.DateTimeField(null=True, editable=False)),
    ]
