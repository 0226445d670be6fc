"""The roles may work on themes as on surveys; see `config.roles`."""

from django.db import migrations

from config import roles


def give(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):

    dependencies = [
        ("tellback", "0005_trust_in_mappings"),
        ("surveys", "0004_themes"),
    ]

    # A group may have people in it by then, so it is never taken away.
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
