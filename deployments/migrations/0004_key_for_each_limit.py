"""Gives every limit that is no deployment's own a key made of its name."""

from django.db import migrations

from surveys.keys import propose


def name_them(apps, _schema_editor):
    Cap = apps.get_model("deployments", "Cap")
    taken = set()
    for row in Cap.objects.filter(deployment=None, key="").order_by("pk"):
        key = propose(row.name, taken, fallback="limit", separator="-", longest=50)
        Cap.objects.filter(pk=row.pk).update(key=key)
        taken.add(key)


class Migration(migrations.Migration):
    dependencies = [("deployments", "0003_limit_keys")]

    operations = [migrations.RunPython(name_them, migrations.RunPython.noop)]
