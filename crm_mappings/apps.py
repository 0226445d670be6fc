"""The room that owns what Salesforce tells and is told."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrmMappingsConfig(AppConfig):
    name = "crm_mappings"
    verbose_name = _("Salesforce")

    def ready(self) -> None:
        # Models can be imported only now.
        from crm_mappings.api.write_backs import describe
        from crm_mappings.delivery.news import EVENTS
        from crm_mappings.feeds import SalesforceSource
        from crm_mappings.milestones import awaiting
        from crm_mappings.next_steps import next_step
        from crm_mappings.question_uses import question_uses
        from crm_mappings.receivers import (
            forget_erased,
            put_into_outbox,
            tell_of_decision,
            tell_of_milestone,
            tell_of_opt_out,
        )
        from crm_mappings.record_links import record_link
        from deployments import sources
        from deployments.signals import (
            Tap,
            address_suppressed,
            invitation_changed,
            trigger_decided,
        )
        from responses import record_links
        from responses.signals import response_completed, response_erased
        from responses.webhooks import events
        from surveys import next_steps, uses

        events.register(
            events.Subject(name="write_back", events=EVENTS, describe=describe)
        )
        sources.register(SalesforceSource())
        record_links.register(record_link)
        uses.register_users("crm_mappings", question_uses)
        next_steps.register("crm_mappings", next_step)
        response_completed.connect(
            put_into_outbox, dispatch_uid="crm_mappings.put_into_outbox"
        )
        response_erased.connect(
            forget_erased, dispatch_uid="crm_mappings.forget_erased"
        )
        invitation_changed.taps.append(
            Tap(wants=awaiting.wants, hear=tell_of_milestone)
        )
        address_suppressed.connect(
            tell_of_opt_out, dispatch_uid="crm_mappings.tell_of_opt_out"
        )
        trigger_decided.connect(
            tell_of_decision, dispatch_uid="crm_mappings.tell_of_decision"
        )
