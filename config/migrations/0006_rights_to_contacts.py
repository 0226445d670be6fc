"""Who looks after deployments sees their contacts."""

from django.db import migrations

from config import roles


def give(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):

    dependencies = [
        ("tellback", "0005_rights_to_opt_outs"),
        ("deployments", "0006_contacts"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
