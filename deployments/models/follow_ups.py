"""Reminders and thank-yous: their schedule, and one row for each mail of them."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deployments.models.deployments import Deployment
from deployments.models.invitations import Invitation


class FollowUp(models.Model):
    """What is mailed so many hours after an invitation, or after its answers."""

    class Kind(models.TextChoices):
        REMINDER = "reminder", _("Reminder, to who has not finished")
        THANKS = "thanks", _("Thank-you, to who has answered")

    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, related_name="follow_ups"
    )
    kind = models.CharField(
        _("what"), max_length=10, choices=Kind.choices, default=Kind.REMINDER
    )
    after_hours = models.PositiveIntegerField(
        _("hours after the mail, or after the answers"),
        default=72,
        validators=[MinValueValidator(1), MaxValueValidator(8760)],
    )
    # Texts by language code, as those of the deployment.
    subject = models.JSONField(_("subject"), default=dict, blank=True)
    body = models.JSONField(_("message"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    # Who has answered before it was made is not thanked.
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} (+{self.after_hours} h)"


class FollowUpMail(models.Model):
    """One reminder or thank-you to one person."""

    invitation = models.ForeignKey(
        Invitation, on_delete=models.CASCADE, related_name="follow_up_mails"
    )
    # None: a person, or another system, asked for this reminder by itself.
    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.CASCADE, null=True, related_name="mails"
    )
    mail = models.CharField(
        _("mail"),
        max_length=10,
        choices=Invitation.Mail.choices,
        default=Invitation.Mail.WAITING,
    )
    mail_attempts = models.PositiveIntegerField(_("tries to send"), default=0)
    mail_due_at = models.DateTimeField(_("next try"), null=True, blank=True)
    mail_error = models.TextField(_("mail error"), blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=200, blank=True)
    lease_token = models.UUIDField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("follow-up mail")
        verbose_name_plural = _("follow-up mails")
        constraints = [
            models.UniqueConstraint(
                fields=["invitation", "follow_up"], name="followed_up_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["mail_due_at"],
                condition=Q(mail__in=["waiting", "sending"]),
                name="follow_up_mail_due",
            )
        ]

    def __str__(self) -> str:
        asked_for = _("Reminder that was asked for")
        return f"{self.follow_up or asked_for} → {self.invitation}"

    @property
    def reminds(self) -> bool:
        """Whether it asks once more, rather than thanks."""
        rule = self.follow_up
        return rule is None or rule.kind == FollowUp.Kind.REMINDER
