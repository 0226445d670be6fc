"""Of several set-ups for the same that are under way, the oldest goes on."""

from django.db import migrations
from django.db.models import Min
from django.utils import timezone

UNDER_WAY = ["waiting", "sent", "granting", "verifying"]


def end_the_others(apps, _editor):
    provisioning = apps.get_model("crm_mappings", "Provisioning")
    rows = provisioning.objects.filter(state__in=UNDER_WAY)
    for subject in ("survey", "trigger"):
        named = rows.filter(**{f"{subject}__isnull": False})
        first = named.values(subject, "connection").annotate(first=Min("pk"))
        kept = [one["first"] for one in first]
        named.exclude(pk__in=kept).update(state="cancelled", ended_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("crm_mappings", "0002_relations")]

    operations = [migrations.RunPython(end_the_others, migrations.RunPython.noop)]
