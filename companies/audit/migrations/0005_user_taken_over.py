from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_places_lost"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="act",
            field=models.CharField(
                choices=[
                    ("company_opened", "Company opened"),
                    ("company_closed", "Company closed"),
                    ("company_reopened", "Company opened again"),
                    ("company_renamed", "Company renamed"),
                    ("auto_fill_changed", "Automatic filling changed"),
                    ("license_changed", "License changed"),
                    ("users_added", "Users added"),
                    ("users_arrived", "Users arrived from the directory"),
                    ("users_approved", "Users approved"),
                    ("users_disabled", "Users disabled"),
                    ("users_enabled", "Users enabled"),
                    ("places_lost", "Places in the waiting line lost"),
                    ("users_removed", "Users removed"),
                    ("user_renamed", "User renamed"),
                    ("user_taken_over", "User managed in the portal"),
                    ("primary_transferred", "Primary user changed"),
                    ("primary_withdrawn", "Directory withdrew the primary user"),
                    ("policy_on", "Policy switched on"),
                    ("policy_off", "Policy switched off"),
                    ("policy_changed", "Policy changed"),
                    ("connector_added", "Connector added"),
                    ("connector_removed", "Connector removed"),
                ],
                max_length=30,
                verbose_name="act",
            ),
        ),
    ]
