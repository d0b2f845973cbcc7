from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0007_erased_at")]

    operations = [
        migrations.AddIndex(
            model_name="statuschange",
            index=models.Index(
                condition=models.Q(("from_status", "pending"), ("to_status", "removed")),
                fields=["partner", "company", "-id"],
                name="status_change_rejected",
            ),
        ),
    ]
