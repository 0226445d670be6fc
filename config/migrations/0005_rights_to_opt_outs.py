"""Who looks after connections sees the opt-outs on their way to Salesforce."""

from django.db import migrations

from config import roles


def give(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):

    dependencies = [
        ("tellback", "0004_dump_rights"),
        ("crm_mappings", "0008_opt_outs"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
