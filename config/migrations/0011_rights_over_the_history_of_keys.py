"""Who may work with API keys may see what was done with them; see `config.roles`."""

from django.db import migrations

from config import roles


def give(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):

    dependencies = [("tellback", "0010_keys_by_network_and_their_history")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
