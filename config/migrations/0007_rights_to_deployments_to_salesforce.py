"""Rights to what is deployed to Salesforce; see `config.roles`."""

from django.db import migrations

from config import roles


def give(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):

    dependencies = [
        ("tellback", "0006_roles_for_themes"),
        ("crm_mappings", "0007_provisioning"),
    ]

    # A group may have people in it by then, so it is never taken away.
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
