"""Triggers, and the inbox of what a CRM told."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deployments.models.deployments import Deployment


class Trigger(models.Model):
    """The rule by which an event in a CRM becomes an invitation."""

    class When(models.TextChoices):
        MATCHES = "matches", _("Each time that the condition holds")
        CREATED = "created", _("Only when the record is new")
        BECOMES = "becomes", _("Only when the condition begins to hold")

    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, related_name="triggers"
    )
    # "salesforce:<connection key>", see deployments.sources.
    source = models.CharField(_("source"), max_length=100)
    object = models.CharField(_("object"), max_length=100)
    # A condition document over {"field": …}, or null: every event.
    condition = models.JSONField(_("only if"), null=True, blank=True)
    email_field = models.CharField(_("field with the e-mail address"), max_length=200)
    name_field = models.CharField(_("field with the name"), max_length=200, blank=True)
    language_field = models.CharField(
        _("field with the language"), max_length=200, blank=True
    )
    # {"Case": "Id", "Contact": "ContactId"}: object -> field that holds the id.
    records = models.JSONField(_("records it is about"), default=dict, blank=True)
    # {"agent": "OwnerId"}: survey variable -> field.
    variables = models.JSONField(_("variables"), default=dict, blank=True)
    repeat_field = models.CharField(
        _("ask again when this field changes"),
        max_length=100,
        blank=True,
        help_text=_(
            "Empty: once for each record, ever. A field such as ClosedDate: once "
            "for each of its values."
        ),
    )
    when = models.CharField(
        _("which events count"),
        max_length=10,
        choices=When.choices,
        default=When.MATCHES,
    )
    share = models.DecimalField(
        _("share that is asked (%)"),
        max_digits=5,
        decimal_places=2,
        default=100,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Less than 100: each event draws a lot, which is kept."),
    )
    delay_minutes = models.PositiveIntegerField(
        _("wait before the mail (minutes)"),
        default=0,
        validators=[MaxValueValidator(525_600)],
    )
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    recheck = models.BooleanField(
        _("look again before sending"),
        default=False,
        help_text=_(
            "Right before the mail goes out the record is read once more; if the "
            "condition does not hold any more, nobody is asked."
        ),
    )
    time_zone_field = models.CharField(
        _("field with the time zone"), max_length=200, blank=True
    )
    segment_field = models.CharField(
        _("field with the segment"), max_length=200, blank=True
    )
    opt_out_field = models.CharField(
        _("field that forbids mail"), max_length=200, blank=True
    )
    poll_minutes = models.PositiveIntegerField(
        _("ask the source every (minutes)"),
        default=0,
        validators=[MaxValueValidator(1440)],
        help_text=_(
            "0: it tells by itself, and once an hour it is asked what its messages "
            "left out. Otherwise changed records are read this often: where nothing "
            "can be installed there."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("trigger")
        verbose_name_plural = _("triggers")

    def __str__(self) -> str:
        return f"{self.object} → {self.deployment}"


class TriggerEvent(models.Model):
    """The inbox: what a CRM said, kept before it is acknowledged."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DECIDED = "decided", _("Decided")
        FAILED = "failed", _("Failed")

    source = models.CharField(_("source"), max_length=100)
    event_id = models.CharField(_("event id"), max_length=100)
    object = models.CharField(_("object"), max_length=100)
    record_id = models.CharField(_("record"), max_length=100)
    fields = models.JSONField(_("fields"), default=dict)
    # Fields of related records that the event lacked: {"Contact.Email": "…"}.
    looked_up = models.JSONField(_("looked up"), default=dict, blank=True)
    # Tellback itself changed the record: that asks nobody.
    is_own = models.BooleanField(_("our own change"), default=False)
    occurred_at = models.DateTimeField(_("occurred"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"))
    lease_token = models.UUIDField(null=True, editable=False)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("trigger event")
        verbose_name_plural = _("trigger events")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "event_id"], name="trigger_event_once"
            )
        ]
        indexes = [
            # deployments.triggers claims waiting events by due_at.
            models.Index(
                fields=["due_at"],
                condition=Q(state="waiting"),
                name="trigger_event_waiting",
            ),
            # The states of one record, to know which is the latest.
            models.Index(
                fields=["record_id", "occurred_at"], name="trigger_event_record"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object} {self.record_id} ({self.event_id})"
