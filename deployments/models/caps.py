"""Limits on how often somebody is asked, and the ledger that is counted for them."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from deployments.models.deployments import Deployment
from deployments.models.follow_ups import FollowUpMail
from deployments.models.invitations import Invitation
from deployments.rules import spans
from surveys.models import Survey, survey_key_validator


class Cap(models.Model):
    """At most N in a span of time, for each person or each record such as the account."""

    class Unit(models.TextChoices):
        HOURS = spans.HOURS, _("hours")
        DAYS = spans.DAYS, _("days")
        WEEKS = spans.WEEKS, _("weeks")
        MONTHS = spans.MONTHS, _("months")

    # What documents call it; blank where it stands in its deployment's document.
    key = models.CharField(
        _("key"), max_length=50, blank=True, validators=[survey_key_validator]
    )
    name = models.CharField(_("name"), max_length=100)
    most = models.PositiveIntegerField(_("at most"), default=1)
    span = models.PositiveIntegerField(
        _("in"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
    )
    unit = models.CharField(
        _("unit"),
        max_length=6,
        choices=Unit.choices,
        default=Unit.DAYS,
    )
    object = models.CharField(
        _("for each"),
        max_length=80,
        blank=True,
        help_text=_(
            "Blank: for each person. An object such as Account: for each record that "
            "invitations are about."
        ),
    )
    # What is counted, and who is held back by it; blank is everything.
    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, null=True, blank=True, related_name="caps"
    )
    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, null=True, blank=True, related_name="caps"
    )
    channel = models.CharField(
        _("channel"), max_length=10, blank=True, choices=Deployment.Channel.choices
    )
    # A condition document over {"field": …}, or null: for everybody.
    condition = models.JSONField(_("only for records where"), null=True, blank=True)
    counts_reminders = models.BooleanField(
        _("reminders and thank-yous count too"),
        default=False,
        help_text=_("Then none of them is sent either when the limit is reached."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=~models.Q(key=""),
                name="limit_key_once",
                violation_error_message=_("There is a limit with this key already."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def within(self) -> spans.Span:
        return spans.Span(amount=self.span, unit=self.unit)


class AskSubject(models.Model):
    """Whom or what asks are counted for; its row is the lock of the count."""

    key = models.CharField(max_length=40, unique=True, editable=False)

    def __str__(self) -> str:
        return self.key


class Ask(models.Model):
    """One person was asked once, or a follow-up was mailed: what the limits count."""

    subject = models.ForeignKey(
        AskSubject, on_delete=models.CASCADE, related_name="asks"
    )
    invitation = models.ForeignKey(
        Invitation, on_delete=models.CASCADE, related_name="asks"
    )
    is_follow_up = models.BooleanField(default=False)
    # Which one; where it was not sent after all, it does not count.
    follow_up_mail = models.ForeignKey(
        FollowUpMail, on_delete=models.SET_NULL, null=True, related_name="asks"
    )
    asked_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject", "asked_at"], name="asked_lately")]

    def __str__(self) -> str:
        return f"{self.invitation_id}, {self.asked_at}"
