"""Webhooks, what waits for them, and what became of each try."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deployments.encryption import EncryptedTextField
from responses.webhooks import events, posting
from responses.webhooks.signing import new_secret
from surveys.models import Survey, survey_key_validator


def check_url(url: str) -> None:
    try:
        posting.check(url)
    except posting.AddressRefused as error:
        raise ValidationError(str(error)) from error


def check_events(names: object) -> None:
    known = events.known()
    if not isinstance(names, list) or not names:
        raise ValidationError(_("Name at least one event."))
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise ValidationError(
                _("There is no event “%(name)s”; there is: %(known)s.")
                % {"name": str(name)[:60], "known": ", ".join(known)}
            )


def check_emails(text: str) -> None:
    for address in text.split():
        validate_email(address)


class Webhook(models.Model):
    """An address of another system that is told what happens."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        # By us, after it had failed for days.
        DISABLED = "disabled", _("Switched off")

    key = models.CharField(
        _("key"), max_length=50, unique=True, validators=[survey_key_validator]
    )
    name = models.CharField(_("name"), max_length=100)
    url = models.CharField(
        _("address"),
        max_length=500,
        validators=[check_url],
        help_text=_("An https address that gets each event as a JSON document."),
    )
    events = models.JSONField(_("events"), default=list, validators=[check_events])
    survey = models.ForeignKey(
        Survey,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("survey"),
        help_text=_("Empty: of all surveys."),
    )
    ordered = models.BooleanField(
        _("in order"),
        default=False,
        help_text=_(
            "What happens to one respondent is told in its order: the next event waits "
            "until the one before was taken or given up."
        ),
    )
    thin = models.BooleanField(
        _("ids only"),
        default=False,
        help_text=_("Tell only what it is about; the rest is read over the API."),
    )
    emails = models.TextField(
        _("tell when it stops"),
        blank=True,
        validators=[check_emails],
        help_text=_("E-mail addresses, one a line."),
    )
    secret = EncryptedTextField(default=new_secret, editable=False)
    # Signs as well until then, while the receiver changes over.
    previous_secret = EncryptedTextField(blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=Status.choices,
        default=Status.ACTIVE,
        editable=False,
    )
    problem = models.TextField(_("what is wrong"), blank=True, editable=False)
    # Since the last time that it answered well.
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    rest_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def unread(cls) -> models.QuerySet[Webhook]:
        """All of them, with their secrets left where they are."""
        return cls.objects.defer("secret", "previous_secret")


class Delivery(models.Model):
    """The outbox: one event for one webhook."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    # No constraint in the database: that a webhook is deleted at this moment must not
    # cost a respondent their answers.
    webhook = models.ForeignKey(
        Webhook,
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="deliveries",
        verbose_name=_("webhook"),
    )
    message = models.UUIDField(_("message"), default=uuid.uuid4)
    event = models.CharField(_("event"), max_length=50)
    subject = models.CharField(_("about"), max_length=64)
    # What belongs together, where the order matters.
    thread = models.CharField(max_length=64)
    # What was so when it happened; nothing about the person.
    facts = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(_("happened"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    # When it is tried next; while it is being sent: when somebody else may.
    due_at = models.DateTimeField(_("next try"))
    lease_token = models.UUIDField(null=True, editable=False)
    settled_at = models.DateTimeField(_("settled"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(
                fields=["webhook", "due_at", "id"],
                condition=Q(state__in=["waiting", "sending"]),
                name="delivery_claimed",
            ),
            models.Index(
                fields=["webhook", "thread", "id"],
                condition=Q(state__in=["waiting", "sending"]),
                name="delivery_in_order",
            ),
            models.Index(fields=["webhook", "-id"], name="delivery_log"),
            models.Index(fields=["occurred_at"], name="delivery_forgotten"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"

    @property
    def message_id(self) -> str:
        return f"msg_{self.message.hex}"


class DeliveryAttempt(models.Model):
    """One try, and what the other side said."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log")
    number = models.PositiveSmallIntegerField(_("number"))
    at = models.DateTimeField(_("at"))
    milliseconds = models.PositiveIntegerField(_("took (ms)"))
    status = models.PositiveSmallIntegerField(_("answer"), null=True)
    problem = models.TextField(_("what is wrong"), blank=True)
    text = models.TextField(_("said"), blank=True)

    class Meta:
        verbose_name = _("try")
        verbose_name_plural = _("tries")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"#{self.number}: {self.status or self.problem}"
