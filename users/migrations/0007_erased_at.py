from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0004_known_words"),
        ("directory", "0003_connector_name_once"),
        ("partners", "0007_job_queue"),
        ("users", "0006_upload"),
    ]

    operations = [
        # What Django's own log says of a person is blanked with the person's data (users/erasing.py).
        migrations.RunSQL(
            "GRANT UPDATE (object_repr, change_message) ON django_admin_log TO portal_support;",
            "REVOKE UPDATE (object_repr, change_message) ON django_admin_log FROM portal_support;",
        ),
        migrations.RemoveConstraint(
            model_name="user",
            name="user_by_hand_is_complete",
        ),
        migrations.AddField(
            model_name="user",
            name="erased_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="personal data erased"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("connector__isnull", False),
                    ("erased_at__isnull", False),
                    models.Q(("email", ""), ("first_name", ""), ("last_name", ""), _connector="OR", _negated=True),
                    _connector="OR",
                ),
                name="user_by_hand_is_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at__isnull", True),
                    models.Q(("email", ""), ("first_name", ""), ("last_name", ""), ("status", "removed")),
                    _connector="OR",
                ),
                name="user_erased_is_blank",
            ),
        ),
    ]
