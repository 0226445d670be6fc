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
        from deployments.rest_source import RestSource

        sources.register(RestSource())
        tracking.connect(providers.hear, dispatch_uid="deployments.hear")
