"""The roles get their rights to the findings of reconciliations."""

from django.db import migrations

from config import roles


def give(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):

    dependencies = [
        ("tellback", "0002_roles"),
        ("crm_mappings", "0005_reconciliation_findings"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
