"""What is deployed to an org: each package, how far it is, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_mappings.models.connections import Connection
from crm_mappings.models.mappings import Mapping
from deployments.models import Trigger
from surveys.models import Survey


class Provisioning(models.Model):
    """One package on its way to an org, and what it makes possible there."""

    class Kind(models.TextChoices):
        MAPPING = "mapping", _("Managed mapping")
        TRIGGER = "trigger", _("Messages for a trigger")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        SENT = "sent", _("Salesforce is at work")
        GRANTING = "granting", _("Giving the user access")
        VERIFYING = "verifying", _("Looking whether all is there")
        DONE = "done", _("Done")
        FAILED = "failed", _("A person must act")
        CANCELLED = "cancelled", _("Cancelled")

    UNDER_WAY = (State.WAITING, State.SENT, State.GRANTING, State.VERIFYING)

    kind = models.CharField(
        _("kind"), max_length=10, choices=Kind.choices, default=Kind.MAPPING
    )
    connection = models.ForeignKey(
        Connection,
        on_delete=models.CASCADE,
        related_name="provisionings",
        verbose_name=_("connection"),
    )
    survey = models.ForeignKey(
        Survey,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("survey"),
    )
    trigger = models.ForeignKey(
        Trigger,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("trigger"),
    )
    # The draft that was made when all was there.
    mapping = models.ForeignKey(
        Mapping,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="provisionings",
        verbose_name=_("mapping"),
    )
    records = models.JSONField(_("records"), default=list, blank=True)
    check_only = models.BooleanField(_("only validated"), default=False)
    # Path → text of the package; empty when everything is there already.
    files = models.JSONField(default=dict, blank=True, editable=False)
    state = models.CharField(
        _("status"), max_length=10, choices=State.choices, default=State.WAITING
    )
    deploy_id = models.CharField(_("deployment"), max_length=18, blank=True)
    deployed_at = models.DateTimeField(_("deployed"), null=True, blank=True)
    components = models.PositiveIntegerField(_("components"), default=0)
    deployed = models.PositiveIntegerField(_("deployed components"), default=0)
    # What Salesforce refuses: [{"name", "kind", "problem"}].
    problems = models.JSONField(_("problems"), default=list, blank=True)
    message = models.TextField(_("what came of it"), blank=True)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    # While one worker has it this lies ahead, as with a lease.
    due_at = models.DateTimeField(editable=False)
    created_at = models.DateTimeField(_("begun"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("begun by"),
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("set-up of Salesforce")
        verbose_name_plural = _("set-ups of Salesforce")
        indexes = [
            # For the workers: what is under way and due.
            models.Index(
                fields=["due_at"],
                condition=models.Q(
                    state__in=["waiting", "sent", "granting", "verifying"]
                ),
                name="provisioning_due",
            )
        ]
        constraints = [
            # Of two who start at the same moment the database takes one.
            models.UniqueConstraint(
                fields=["survey", "connection"],
                condition=models.Q(
                    state__in=["waiting", "sent", "granting", "verifying"]
                ),
                name="provisioning_one_a_survey",
            ),
            models.UniqueConstraint(
                fields=["trigger", "connection"],
                condition=models.Q(
                    state__in=["waiting", "sent", "granting", "verifying"]
                ),
                name="provisioning_one_a_trigger",
            ),
        ]

    def __str__(self) -> str:
        subject = self.survey or self.trigger
        return f"{subject} → {self.connection}" if subject else str(self.connection)

    @property
    def under_way(self) -> bool:
        return self.state in self.UNDER_WAY
