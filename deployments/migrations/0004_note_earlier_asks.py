"""Write down who was asked before the ledger was there, so that limits count them."""

import hashlib

from django.db import migrations

BATCH = 2000


def note(apps, _schema_editor):
    invitations = apps.get_model("deployments", "Invitation").objects
    rows = invitations.exclude(email="").order_by("pk").values_list(
        "pk", "email", "created_at"
    )
    batch = []
    for row in rows.iterator(chunk_size=BATCH):
        batch.append(row)
        if len(batch) == BATCH:
            write(apps, batch)
            batch = []
    write(apps, batch)


def write(apps, batch):
    subjects = apps.get_model("deployments", "AskSubject").objects
    keys = {
        email: hashlib.sha256(f"person:{email}".encode()).hexdigest()[:40]
        for _pk, email, _at in batch
    }
    subjects.bulk_create(
        [subjects.model(key=key) for key in sorted(set(keys.values()))],
        ignore_conflicts=True,
        batch_size=500,
    )
    found = {}
    every = sorted(set(keys.values()))
    for start in range(0, len(every), 500):
        part = subjects.filter(key__in=every[start : start + 500])
        found |= dict(part.values_list("key", "pk"))
    ask = apps.get_model("deployments", "Ask")
    ask.objects.bulk_create(
        [
            ask(subject_id=found[keys[email]], invitation_id=pk, asked_at=at)
            for pk, email, at in batch
        ],
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("deployments", "0003_deepen_rules_and_count_asks")]
    operations = [migrations.RunPython(note, migrations.RunPython.noop)]
