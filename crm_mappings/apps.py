"""The room that owns what Salesforce tells and is told."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrmMappingsConfig(AppConfig):
    name = "crm_mappings"
    verbose_name = _("Salesforce")

    def ready(self) -> None:
        # Models can be imported only now, in both.
        _offer()
        _listen()


def _offer() -> None:
    """Tell the rooms below what this one knows of their things."""
    from crm_mappings.api.write_backs import describe
    from crm_mappings.delivery.news import EVENTS
    from crm_mappings.feeds import SalesforceSource
    from crm_mappings.next_steps import next_step
    from crm_mappings.question_uses import question_uses
    from crm_mappings.record_links import record_link
    from deployments import sources
    from responses import record_links
    from responses.webhooks import events
    from surveys import next_steps, uses

    events.register(events.Subject(name="write_back", events=EVENTS, describe=describe))
    sources.register(SalesforceSource())
    record_links.register(record_link)
    uses.register_users("crm_mappings", question_uses)
    next_steps.register("crm_mappings", next_step)


def _listen() -> None:
    """Hear the news of the rooms below."""
    from crm_mappings import receivers
    from crm_mappings.milestones import awaiting
    from deployments import signals
    from responses.signals import response_completed, response_erased

    for signal, receiver in (
        (response_completed, receivers.put_into_outbox),
        (response_erased, receivers.forget_erased),
        (signals.address_suppressed, receivers.tell_of_opt_out),
        (signals.trigger_decided, receivers.tell_of_decision),
    ):
        signal.connect(receiver, dispatch_uid=f"crm_mappings.{receiver.__name__}")
    signals.invitation_changed.taps.append(
        signals.Tap(wants=awaiting.wants, hear=receivers.tell_of_milestone)
    )
