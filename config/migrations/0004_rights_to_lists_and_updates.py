"""Rights to what came after the roles; see `config.roles`."""

from django.db import migrations

from config import roles


def give(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):

    dependencies = [
        ("tellback", "0003_roles"),
        ("deployments", "0009_read_lists_and_watch_senders"),
        ("crm_mappings", "0005_rotate_hooks_and_update_records"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
