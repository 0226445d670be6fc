"""Who looks after write-backs sees the undos of whole runs."""

from django.db import migrations

from config import roles


def give(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):

    dependencies = [
        ("tellback", "0006_rights_to_contacts"),
        ("crm_mappings", "0010_undo_runs"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
