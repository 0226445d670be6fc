"""Opt-outs on their way to an org: one row an address and connection."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm_mappings.models.connections import Connection
from crm_mappings.models.errands import Errand, ErrandQuerySet


class OptOut(Errand):
    """Somebody wants no mail any more, and an org is to know."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        WRITTEN = "written", _("Written")
        NOBODY = "nobody", _("Nobody there has this address")
        HELD = "held", _("Held: a person must act")

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="opt_outs"
    )
    email = models.EmailField(_("e-mail"), max_length=254)
    opted_out_at = models.DateTimeField(_("opted out"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    # What was written: ["Contact 003…", "ContactPointTypeConsent 0ZY…"].
    records = models.JSONField(_("records"), default=list, blank=True)

    objects = ErrandQuerySet.as_manager()

    class Meta:
        verbose_name = _("opt-out for Salesforce")
        verbose_name_plural = _("opt-outs for Salesforce")
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["waiting", "sending"]),
                name="opt_out_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.connection}"
