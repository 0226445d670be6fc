"""The roles may look after scheduled dumps; see `config.roles`."""

from django.db import migrations

from config import roles


def give(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):

    dependencies = [
        ("tellback", "0003_rights_to_findings"),
        ("dumps", "0001_initial"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
