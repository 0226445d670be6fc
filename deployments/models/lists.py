"""Lists of people that are read from a CRM: a report, a list view, a campaign, a query."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from deployments.models.deployments import Deployment


class PeopleList(models.Model):
    """Where the people are read, and which of their fields means what."""

    class Kind(models.TextChoices):
        REPORT = "report", _("Report")
        LIST_VIEW = "list_view", _("List view")
        CAMPAIGN = "campaign", _("Campaign")
        QUERY = "query", _("Query (SOQL)")

    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, related_name="lists"
    )
    name = models.CharField(_("name"), max_length=100)
    # "salesforce:<connection key>", see deployments.sources.
    source = models.CharField(_("source"), max_length=100)
    kind = models.CharField(
        _("what is read"), max_length=10, choices=Kind.choices, default=Kind.REPORT
    )
    what = models.TextField(
        _("which one"),
        max_length=4000,
        help_text=_(
            "The id of the report or of the campaign; for a list view its object and "
            "id, such as Contact/00B…; or a query such as SELECT Id FROM Contact "
            "WHERE Account.Type = 'Customer'."
        ),
    )
    email_field = models.CharField(
        _("field with the e-mail address"), max_length=200, default="Email"
    )
    name_field = models.CharField(
        _("field with the name"), max_length=200, blank=True, default="Name"
    )
    language_field = models.CharField(
        _("field with the language"), max_length=200, blank=True
    )
    time_zone_field = models.CharField(
        _("field with the time zone"), max_length=200, blank=True
    )
    segment_field = models.CharField(
        _("field with the segment"), max_length=200, blank=True
    )
    opt_out_field = models.CharField(
        _("field that forbids mail"),
        max_length=200,
        blank=True,
        default="HasOptedOutOfEmail",
    )
    # {"Account": "AccountId"}, {"tier": "Account.Type"}; the person is there by itself.
    records = models.JSONField(_("records it is about"), default=dict, blank=True)
    variables = models.JSONField(_("variables"), default=dict, blank=True)
    every_months = models.PositiveSmallIntegerField(
        _("everybody is asked every (months)"),
        default=6,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text=_(
            "Where everybody of the list is asked again and again: each week asks a "
            "share of them, so that all were asked after so many months."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)
    # When the next share is asked, and who is doing it.
    due_at = models.DateTimeField(_("next"), null=True, blank=True, editable=False)
    lease_token = models.UUIDField(null=True, editable=False)
    read_at = models.DateTimeField(_("last read"), null=True, editable=False)
    found = models.PositiveIntegerField(_("people found"), default=0, editable=False)
    error = models.TextField(_("error"), blank=True, editable=False)

    class Meta:
        verbose_name = _("list of people")
        verbose_name_plural = _("lists of people")

    def __str__(self) -> str:
        return self.name
