"""To whom, when and how a survey is sent, and every decision on the way."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deployments.encryption import EncryptedTextField
from surveys.models import Survey, survey_key_validator


class Deployment(models.Model):
    """One way in which one survey reaches people."""

    class Channel(models.TextChoices):
        TRIGGER = "trigger", _("When something happens in the CRM")
        LINKS = "links", _("Tracking links that another system asks for")
        WEB = "web", _("One web link for everybody")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        PAUSED = "paused", _("Paused")

    key = models.CharField(
        _("key"), max_length=50, unique=True, validators=[survey_key_validator]
    )
    name = models.CharField(_("name"), max_length=200)
    survey = models.ForeignKey(
        Survey, on_delete=models.PROTECT, related_name="deployments"
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.DRAFT
    )
    sender_name = models.CharField(_("sender's name"), max_length=100, blank=True)
    sender_email = models.EmailField(_("sender's address"), blank=True)
    # Texts by language code: {"en": "…"}. Templates with {{ name }} and {{ link }}.
    subject = models.JSONField(_("subject"), default=dict, blank=True)
    body = models.JSONField(_("message"), default=dict, blank=True)
    valid_days = models.PositiveIntegerField(
        _("link valid for (days)"),
        default=30,
        validators=[MaxValueValidator(3650)],
        help_text=_(
            "After that the link says that the survey has ended. 0: it never ends."
        ),
    )
    quiet_days = models.PositiveIntegerField(
        _("do not ask again within (days)"),
        default=0,
        validators=[MaxValueValidator(3650)],
        help_text=_(
            "A person who was invited by this deployment is left alone for this "
            "many days. 0: no limit."
        ),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("deployment")
        verbose_name_plural = _("deployments")

    def __str__(self) -> str:
        return self.name or self.key


class Trigger(models.Model):
    """The rule by which an event in a CRM becomes an invitation."""

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
            )
        ]

    def __str__(self) -> str:
        return f"{self.object} {self.record_id} ({self.event_id})"


class Invitation(models.Model):
    """One person asked once: the link, what it is about, and its milestones."""

    class Mail(models.TextChoices):
        NONE = "none", _("Not mailed by Tellback")
        WAITING = "waiting", _("Waiting to be sent")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent: look at the error")
        UNKNOWN = "unknown", _("Perhaps sent: check")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    deployment = models.ForeignKey(
        Deployment, on_delete=models.PROTECT, related_name="invitations"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    token = EncryptedTextField(editable=False)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    # Record references, fixed for good: {"Case": "500…", "Contact": "003…"}.
    records = models.JSONField(_("records"), default=dict, blank=True)
    variables = models.JSONField(_("variables"), default=dict, blank=True)
    # What makes it unique within the deployment; empty event_key: no such claim.
    record_key = models.CharField(max_length=100, blank=True, editable=False)
    event_key = models.CharField(_("event key"), max_length=200, blank=True)
    mail = models.CharField(
        _("mail"), max_length=10, choices=Mail.choices, default=Mail.NONE
    )
    mail_attempts = models.PositiveIntegerField(_("tries to send"), default=0)
    mail_due_at = models.DateTimeField(_("next try"), null=True, blank=True)
    mail_error = models.TextField(_("mail error"), blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=200, blank=True)
    lease_token = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(_("invited"))
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    expired_at = models.DateTimeField(_("expired"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "record_key", "event_key"],
                condition=~Q(event_key=""),
                name="invitation_asked_once",
            )
        ]
        indexes = [
            # deployments.invitations claims mail to send by mail_due_at.
            models.Index(
                fields=["mail_due_at"],
                condition=Q(mail__in=["waiting", "sending"]),
                name="invitation_mail_due",
            ),
            # "Has this person been asked lately?"
            models.Index(fields=["deployment", "email", "created_at"]),
            # The search by address, over all deployments.
            models.Index(fields=["email"]),
            # deployments.invitations.expire_due looks for what has just ended.
            models.Index(
                fields=["expires_at"],
                condition=Q(expired_at=None, completed_at=None, cancelled_at=None),
                name="invitation_expiring",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email or self.public_id}"


class TriggerDecision(models.Model):
    """Why an event did, or did not, become an invitation; one per trigger."""

    event = models.ForeignKey(
        TriggerEvent, on_delete=models.CASCADE, related_name="decisions"
    )
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
    decided_at = models.DateTimeField(_("decided"))

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            models.UniqueConstraint(fields=["event", "trigger"], name="decided_once")
        ]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.code}"


class Suppression(models.Model):
    """An address that is not asked any more."""

    class Reason(models.TextChoices):
        OPTED_OUT = "opted_out", _("Opted out")
        BOUNCED = "bounced", _("Mail came back")
        COMPLAINED = "complained", _("Complained")
        ADDED = "added", _("Added by hand")

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")

    def __str__(self) -> str:
        return self.email
