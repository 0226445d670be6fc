"""Administrators may let an open variable choose a record; see `config.roles`."""

from django.db import migrations

from config import roles


def give(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):

    dependencies = [
        ("tellback", "0004_rights_to_lists_and_updates"),
        ("crm_mappings", "0006_notes_duplicates_and_trust"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
