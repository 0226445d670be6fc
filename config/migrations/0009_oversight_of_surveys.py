"""Administrators oversee surveys, whoever they are shared with; see `config.roles`."""

from django.db import migrations

from config import roles


def give(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):

    dependencies = [
        ("tellback", "0008_rights_over_webhooks"),
        ("surveys", "0006_owners_and_shares"),
    ]

    # A group may have people in it by then, so it is never taken away.
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
