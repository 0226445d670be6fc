import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0013_followings_counted_in_the_cache'),
    ]

    operations = [
        migrations.RenameField(
            model_name='cap',
            old_name='days',
            new_name='span',
        ),
        migrations.AlterField(
            model_name='cap',
            name='span',
            field=models.PositiveIntegerField(default=90, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='in'),
        ),
        migrations.AddField(
            model_name='cap',
            name='unit',
            field=models.CharField(choices=[('hours', 'hours'), ('days', 'days'), ('weeks', 'weeks'), ('months', 'months')], default='days', max_length=6, verbose_name='unit'),
        ),
    ]
