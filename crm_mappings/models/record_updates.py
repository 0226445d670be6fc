"""What happens around an invitation, on its way to the fields of records in an org."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm_mappings.models.connections import Connection
from crm_mappings.models.errands import Errand, ErrandQuerySet
from deployments.models import Deployment, Invitation


class MilestoneRule(models.Model):
    """Which field of which record hears what about the invitations of a deployment."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="milestone_rules"
    )
    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, related_name="milestone_rules"
    )
    object = models.CharField(_("object"), max_length=80)
    # {"status": "Survey_Status__c", "sent": "Survey_Sent__c", "link": …}
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("milestones in Salesforce")
        verbose_name_plural = _("milestones in Salesforce")
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "connection", "object"], name="milestones_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.deployment} → {self.object}"


class RecordUpdate(Errand):
    """Values on their way to one record; later ones of the same record go with them."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        WRITTEN = "written", _("Written")
        HELD = "held", _("Held: a person must act")

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="record_updates"
    )
    invitation = models.ForeignKey(
        Invitation, on_delete=models.CASCADE, null=True, related_name="record_updates"
    )
    object = models.CharField(_("object"), max_length=80)
    record_id = models.CharField(_("record"), max_length=18)
    values = models.JSONField(_("values"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    created_at = models.DateTimeField(_("since"))

    objects = ErrandQuerySet.as_manager()

    class Meta:
        verbose_name = _("update of a record")
        verbose_name_plural = _("updates of records")
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["waiting", "sending"]),
                name="record_update_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.object} {self.record_id}"
