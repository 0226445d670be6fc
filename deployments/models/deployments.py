"""Deployments: the ways in which a survey reaches people."""

from __future__ import annotations

from datetime import date, time

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from deployments.models.doors import Doors
from deployments.models.trust import Trust
from deployments.rules.windows import EVERY_DAY, Window, zone_of
from surveys.models import Survey, survey_key_validator


def check_time_zone(name: str) -> None:
    if zone_of(name) is None:
        raise ValidationError(
            _("“%(name)s” is no time zone such as Europe/Berlin."),
            params={"name": name},
        )


class Deployment(Doors, Trust):
    """One way in which one survey reaches people."""

    class Channel(models.TextChoices):
        TRIGGER = "trigger", _("When something happens in the CRM")
        LINKS = "links", _("Tracking links that another system asks for")
        WEB = "web", _("One web link for everybody")
        MAILING = "mailing", _("Mailing to a list of people")
        RECURRING = "recurring", _("Everybody of a list, every few months")

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
    # ISO weekdays, 1 is Monday; an empty list: every day.
    send_days = models.JSONField(
        _("days on which mails go out"), default=list, blank=True
    )
    send_from = models.TimeField(_("not before"), null=True, blank=True)
    send_until = models.TimeField(_("not after"), null=True, blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="UTC",
        validators=[check_time_zone],
        help_text=_("Where the person's own is not known: such as Europe/Berlin."),
    )
    # ISO dates: ["2026-12-25"].
    holidays = models.JSONField(_("holidays"), default=list, blank=True)
    skip_role_addresses = models.BooleanField(
        _("leave out shared addresses"),
        default=False,
        help_text=_("Such as info@ or office@, which several people read."),
    )
    test_mode = models.BooleanField(
        _("test mode"),
        default=False,
        help_text=_(
            "All mail goes to the safe address; the answers are marked. Mails that wait "
            "for people are held back, and who was tried out on can still be asked."
        ),
    )
    test_address = models.EmailField(_("safe address"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("deployment")
        verbose_name_plural = _("deployments")

    def __str__(self) -> str:
        return self.name or self.key

    @property
    def window(self) -> Window:
        """When its mails may go out."""
        return Window(
            days=frozenset(self.send_days) or EVERY_DAY,
            opens=self.send_from or time(0, 0),
            closes=self.send_until or None,
            holidays=frozenset(date.fromisoformat(day) for day in self.holidays),
            zone=self.time_zone,
        )
