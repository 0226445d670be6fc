"""The room that owns who is asked, when and how."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeploymentsConfig(AppConfig):
    name = "deployments"
    verbose_name = _("Deployments")

    def ready(self) -> None:
        # Models can be imported only now.
        from anymail.signals import tracking

        from deployments import sources
        from deployments.bounces import providers
        from deployments.next_steps import next_step
        from deployments.rest_source import RestSource
        from surveys import next_steps

        sources.register(RestSource())
        next_steps.register("deployments", next_step)
        tracking.connect(providers.hear, dispatch_uid="deployments.hear")
