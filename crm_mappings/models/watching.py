"""Who is told of trouble, and what the org was found to hold."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_mappings.models.connections import Connection
from crm_mappings.models.write_backs import WriteBack
from deployments.encryption import EncryptedTextField


class Watch(models.Model):
    """Who is told when write-backs stand still, and of what they were told."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    emails = models.TextField(
        _("e-mail addresses"), blank=True, help_text=_("One address a line.")
    )
    webhook_url = models.URLField(
        _("webhook"),
        blank=True,
        help_text=_("An https address that gets each alert as a JSON document."),
    )
    webhook_secret = EncryptedTextField(
        _("webhook secret"),
        blank=True,
        help_text=_("Signs each alert (HMAC-SHA256 in the header Tellback-Signature)."),
    )
    backlog_minutes = models.PositiveIntegerField(
        _("tell when a write-back has waited for (minutes)"), default=30
    )
    quiet_hours = models.PositiveIntegerField(
        _("tell when no response has come for (hours)"),
        default=0,
        help_text=_("0: never."),
    )
    active = models.BooleanField(_("active"), default=True)
    # What has been told and is not over yet: alert key -> when.
    told = models.JSONField(default=dict, blank=True, editable=False)
    problem = models.TextField(_("what is wrong"), blank=True, editable=False)
    checked_at = models.DateTimeField(_("last checked"), null=True, editable=False)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")

    def __str__(self) -> str:
        return self.name


class Reconciliation(models.Model):
    """What we say we wrote, compared with what the org holds."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="reconciliations"
    )
    since = models.DateTimeField(_("written from"))
    until = models.DateTimeField(_("written before"))
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    checked = models.PositiveIntegerField(_("records compared"), default=0)
    missing = models.PositiveIntegerField(_("missing"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    duplicate = models.PositiveIntegerField(_("duplicate"), default=0)
    problem = models.TextField(_("what is wrong"), blank=True)
    # The last record that was compared: a long comparison goes on from here.
    position = models.BigIntegerField(default=0, editable=False)
    # When a worker took it up; null: nobody has it.
    carried_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")

    def __str__(self) -> str:
        return f"{self.connection} {self.since:%Y-%m-%d}"


class ReconciliationFinding(models.Model):
    """One record that is not as it was written."""

    class Kind(models.TextChoices):
        MISSING = "missing", _("missing")
        CHANGED = "changed", _("changed")
        DUPLICATE = "duplicate", _("there twice")

    reconciliation = models.ForeignKey(
        Reconciliation, on_delete=models.CASCADE, related_name="findings"
    )
    kind = models.CharField(_("what"), max_length=10, choices=Kind.choices)
    write_back = models.ForeignKey(
        WriteBack, on_delete=models.CASCADE, related_name="+"
    )
    object = models.CharField(_("object"), max_length=100)
    record_id = models.CharField(_("record"), max_length=18)
    # Fields that hold something else now, or ids of further records.
    names = models.JSONField(default=list)
    repaired_at = models.DateTimeField(_("written again"), null=True)

    class Meta:
        verbose_name = _("finding of a reconciliation")
        verbose_name_plural = _("findings of reconciliations")

    def __str__(self) -> str:
        return f"{self.kind}: {self.object} {self.record_id}"
