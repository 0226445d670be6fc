from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('crm_mappings', '0006_findings_of_earlier_reconciliations'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='reconciliation',
            name='first_findings',
        ),
    ]
