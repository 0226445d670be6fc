"""The room that owns what was answered."""

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class ResponsesConfig(AppConfig):
    name = "responses"
    verbose_name = _("Responses")

    def ready(self) -> None:
        # Models can be imported only now.
        from deployments import funnel
        from responses import preview
        from responses.dump import noticing
        from responses.models import Response
        from responses.next_steps import next_step
        from responses.standing import is_answered, unfinished, visits
        from surveys import next_steps, showing, uses

        pre_migrate.connect(
            noticing.make_way, sender=self, dispatch_uid="responses.noticing"
        )
        post_migrate.connect(
            noticing.install, sender=self, dispatch_uid="responses.noticing"
        )
        post_delete.connect(
            noticing.note_deleted, sender=Response, dispatch_uid="responses.noticing"
        )
        uses.register_unfinished("responses", unfinished)
        uses.register_answered("responses", is_answered)
        showing.register(preview.show)
        next_steps.register("responses", next_step)
        funnel.register_visits(visits)
