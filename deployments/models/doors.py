"""Doors: where and how long a deployment lets people in, and where it sends them."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from deployments.rules import hosts

MOST = 100


def check_sites(sites: object) -> None:
    """A list of sites as browsers name them, such as https://www.example.com."""
    _check_list(sites)
    for site in sites if isinstance(sites, list) else ():
        if not hosts.is_site(site):
            raise ValidationError(
                _("“%(site)s” is no site such as https://www.example.com."),
                params={"site": str(site)[:100]},
            )


def check_hosts(names: object) -> None:
    _check_list(names)
    for name in names if isinstance(names, list) else ():
        if not hosts.is_host(name):
            raise ValidationError(
                _("“%(name)s” is no host such as www.example.com."),
                params={"name": str(name)[:100]},
            )


def check_end(address: str) -> None:
    if not hosts.is_end(address):
        raise ValidationError(
            _(
                "Write an address that begins with https:// and a host, with values "
                "such as {{ agent }} only behind the host."
            )
        )


def _check_list(values: object) -> None:
    if not isinstance(values, list) or len(values) > MOST:
        raise ValidationError(_("Write a list of at most 100."))


class Doors(models.Model):
    """What a deployment says about its doors, as columns of its own row."""

    # Of the short address for paper: /q/K7P2X3/.
    short_code = models.CharField(
        _("short code"),
        max_length=12,
        unique=True,
        null=True,
        blank=True,
        editable=False,
    )
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(
        _("closes"),
        null=True,
        blank=True,
        help_text=_("Whoever began before may finish."),
    )
    most_responses = models.PositiveIntegerField(
        _("most responses"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("It closes when so many were completed. Blank: no limit."),
    )
    # Counted by `responses.places` from the moment when a limit was first set.
    places_taken = models.PositiveIntegerField(null=True, editable=False)
    once_per_person = models.BooleanField(
        _("one response per person"),
        default=False,
        help_text=_(
            "An address answers once, however often it is invited. On a web link a "
            "browser answers once; for that it keeps a cookie."
        ),
    )
    password_hash = models.CharField(max_length=128, blank=True, editable=False)
    # Texts by language code.
    closed_message = models.JSONField(_("closed message"), default=dict, blank=True)
    end_url = models.CharField(
        _("address at the end"),
        max_length=500,
        blank=True,
        validators=[check_end],
        help_text=_(
            "Instead of the closing text, such as "
            "https://www.example.com/thanks?agent={{ agent }}. You can write "
            "variables of the survey, {{ response }} and {{ language }}."
        ),
    )
    end_hosts = models.JSONField(
        _("hosts at the end"), default=list, blank=True, validators=[check_hosts]
    )
    embed_sites = models.JSONField(
        _("sites that show it"), default=list, blank=True, validators=[check_sites]
    )
    kiosk = models.BooleanField(
        _("kiosk"),
        default=False,
        help_text=_("On a device that many people use: it begins anew by itself."),
    )
    kiosk_seconds = models.PositiveSmallIntegerField(
        _("begins anew after (seconds)"),
        default=60,
        validators=[MinValueValidator(10), MaxValueValidator(3600)],
    )
    asks_in_mail = models.BooleanField(
        _("first question in the e-mail"),
        default=False,
        help_text=_(
            "A score, a rating or a single choice at the beginning of the survey "
            "stands in the mail as links. What was clicked counts when the person "
            "does something on the page that opens."
        ),
    )
    writes_tests = models.BooleanField(
        _("write test answers to the CRM"),
        default=False,
        help_text=_("Otherwise answers of a test stay in Tellback."),
    )

    class Meta:
        abstract = True

    def is_early(self, now: datetime) -> bool:
        return self.opens_at is not None and now < self.opens_at

    def is_over(self, now: datetime) -> bool:
        return self.closes_at is not None and now >= self.closes_at

    @property
    def is_full(self) -> bool:
        """As far as this row knows; who completes asks the database."""
        limit, taken = self.most_responses, self.places_taken
        return limit is not None and taken is not None and taken >= limit
