"""Decisions: why somebody was, or was not, asked: by an event or by a mailing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deployments.models.caps import Cap
from deployments.models.deployments import Deployment
from deployments.models.invitations import Invitation
from deployments.models.mailings import Mailing
from deployments.models.triggers import Trigger, TriggerEvent


class TriggerDecision(models.Model):
    """Why an event did, or did not, become an invitation; one per trigger.

    Or why a mailing left somebody out: it has no event then.
    """

    event = models.ForeignKey(
        TriggerEvent, on_delete=models.CASCADE, null=True, related_name="decisions"
    )
    mailing = models.ForeignKey(
        Mailing, on_delete=models.CASCADE, null=True, related_name="decisions"
    )
    # Of a mailing: the record that the person is. An event has its own.
    record_id = models.CharField(_("record"), max_length=100, blank=True)
    trigger = models.ForeignKey(
        Trigger, on_delete=models.SET_NULL, null=True, related_name="decisions"
    )
    deployment = models.ForeignKey(
        Deployment, on_delete=models.SET_NULL, null=True, related_name="decisions"
    )
    invited = models.BooleanField(_("invited"))
    code = models.CharField(_("reason code"), max_length=40)
    reason = models.TextField(_("reason"))
    invitation = models.ForeignKey(
        Invitation, on_delete=models.SET_NULL, null=True, related_name="decisions"
    )
    # Whom it is about, for the search by address; blank when nobody was found.
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    draw = models.FloatField(_("lot"), null=True, blank=True)
    cap = models.ForeignKey(
        Cap, on_delete=models.SET_NULL, null=True, related_name="decisions"
    )
    decided_at = models.DateTimeField(_("decided"))

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            models.UniqueConstraint(fields=["event", "trigger"], name="decided_once")
        ]
        indexes = [
            models.Index(
                fields=["email"], condition=~Q(email=""), name="decision_about_address"
            ),
            models.Index(
                fields=["record_id"],
                condition=~Q(record_id=""),
                name="decision_about_record",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.code}"
