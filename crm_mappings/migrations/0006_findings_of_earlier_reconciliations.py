"""The findings that earlier reconciliations kept in one field become rows."""

from django.db import migrations


def move(apps, schema_editor):
    runs = apps.get_model("crm_mappings", "Reconciliation")
    findings = apps.get_model("crm_mappings", "ReconciliationFinding")
    write_backs = apps.get_model("crm_mappings", "WriteBack")
    for run in runs.objects.exclude(first_findings=[]).iterator(chunk_size=20):
        at = run.ended_at or run.started_at
        asked = {one["write_back"] for one in run.first_findings}
        known = write_backs.objects.filter(pk__in=asked).values_list("pk", flat=True)
        there = set(known)
        findings.objects.bulk_create(
            findings(
                reconciliation=run,
                kind=one["kind"],
                write_back_id=one["write_back"],
                object=one["object"],
                record_id=one["record_id"],
                names=one["names"],
                repaired_at=at if one.get("repaired") else None,
            )
            for one in run.first_findings
            if one["write_back"] in there
        )


def move_back(apps, schema_editor):
    runs = apps.get_model("crm_mappings", "Reconciliation")
    for run in runs.objects.iterator(chunk_size=20):
        run.first_findings = [
            {
                "kind": one.kind,
                "write_back": one.write_back_id,
                "object": one.object,
                "record_id": one.record_id,
                "names": one.names,
                "repaired": one.repaired_at is not None,
            }
            for one in run.findings.order_by("pk")[:500]
        ]
        run.save(update_fields=["first_findings"])


class Migration(migrations.Migration):

    dependencies = [
        ("crm_mappings", "0005_reconciliation_findings"),
    ]

    operations = [migrations.RunPython(move, move_back)]
