import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm_mappings', '0004_provisioning_constraints'),
    ]

    operations = [
        migrations.RenameField(
            model_name='reconciliation',
            old_name='findings',
            new_name='first_findings',
        ),
        migrations.CreateModel(
            name='ReconciliationFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('missing', 'missing'), ('changed', 'changed'), ('duplicate', 'there twice')], max_length=10, verbose_name='what')),
                ('object', models.CharField(max_length=100, verbose_name='object')),
                ('record_id', models.CharField(max_length=18, verbose_name='record')),
                ('names', models.JSONField(default=list)),
                ('repaired_at', models.DateTimeField(null=True, verbose_name='written again')),
                ('reconciliation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='crm_mappings.reconciliation')),
                ('write_back', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm_mappings.writeback')),
            ],
            options={
                'verbose_name': 'finding of a reconciliation',
                'verbose_name_plural': 'findings of reconciliations',
            },
        ),
    ]
