"""The roles as groups; see `config.roles`."""

from django.db import migrations

from config import roles


def give(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):

    dependencies = [
        ("tellback", "0001_initial"),
        ("surveys", "0001_initial"),
        ("deployments", "0002_relations"),
        ("responses", "0002_relations"),
        ("webhooks", "0001_initial"),
        ("crm_mappings", "0002_relations"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    # A group may have people in it by then, so it is never taken away.
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
