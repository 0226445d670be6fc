"""Webhooks: an app of its own, so that its tables keep to themselves."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "responses.webhooks"
    label = "webhooks"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        # Models can be imported only now.
        from deployments.signals import Tap, invitation_changed
        from responses.signals import (
            response_completed,
            response_erased,
            response_screened_out,
        )
        from responses.webhooks import receivers

        for signal, receiver in (
            (response_completed, receivers.tell_completed),
            (response_screened_out, receivers.tell_screened_out),
            (response_erased, receivers.tell_erased),
        ):
            signal.connect(receiver, dispatch_uid=f"webhooks.{receiver.__name__}")
        invitation_changed.taps.append(
            Tap(wants=receivers.wants_milestone, hear=receivers.tell_milestone)
        )
        receivers.register_events()
