"""Invitations: one person asked once, and how far they came."""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deployments.encryption import EncryptedTextField
from deployments.models.deployments import Deployment
from deployments.models.records import HasAnyValue

models.JSONField.register_lookup(HasAnyValue)


class Invitation(models.Model):
    """One person asked once: the link, what it is about, and its milestones."""

    class Mail(models.TextChoices):
        NONE = "none", _("Not mailed by Tellback")
        WAITING = "waiting", _("Waiting to be sent")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent: look at the error")
        UNKNOWN = "unknown", _("Perhaps sent: check")
        STOPPED = "stopped", _("Not sent: the reason to ask was gone")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    deployment = models.ForeignKey(
        Deployment, on_delete=models.PROTECT, related_name="invitations"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    token = EncryptedTextField(editable=False)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    # What the funnel is told apart by, such as the segment of the account.
    segment = models.CharField(_("segment"), max_length=100, blank=True)
    # Record references, fixed for good: {"Case": "500…", "Contact": "003…"}.
    records = models.JSONField(_("records"), default=dict, blank=True)
    variables = models.JSONField(_("variables"), default=dict, blank=True)
    # What makes it unique within the deployment; empty event_key: no such claim.
    # Who was tried out on can still be asked.
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
    # These two where the mail provider tells.
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    read_at = models.DateTimeField(_("mail opened"), null=True, blank=True)
    opted_out_at = models.DateTimeField(_("opted out"), null=True, blank=True)
    bounced_at = models.DateTimeField(_("came back"), null=True, blank=True)
    bounce = models.CharField(_("how it came back"), max_length=10, blank=True)
    bounce_said = models.TextField(_("what the other server said"), blank=True)
    # Made in test mode: mailed to the safe address, its answers are marked.
    is_test = models.BooleanField(_("test"), default=False)
    # A scanner or a preview fetched the link before or beside the person.
    machine_at = models.DateTimeField(_("fetched by a machine"), null=True, blank=True)
    machine_sign = models.CharField(_("known by"), max_length=20, blank=True)
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
                fields=["deployment", "record_key", "event_key", "is_test"],
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
            # deployments.invitations.follow_ups looks for who is to be thanked.
            models.Index(
                fields=["deployment", "completed_at"],
                condition=Q(completed_at__isnull=False),
                name="invitation_completed",
            ),
            # The searches by address and by record, over all deployments.
            models.Index(fields=["email"]),
            GinIndex(fields=["records"], name="invitation_records"),
            # deployments.invitations.expire_due looks for what has just ended.
            models.Index(
                fields=["expires_at"],
                condition=Q(expired_at=None, completed_at=None, cancelled_at=None),
                name="invitation_expiring",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email or self.public_id}"
