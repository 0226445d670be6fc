"""Write-backs by the thousand: over earlier responses, and by the Bulk API."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_mappings.models.connections import Connection
from crm_mappings.models.mappings import Mapping


class Backfill(models.Model):
    """A mapping carried out over responses that were completed before it."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")

    mapping = models.ForeignKey(
        Mapping, on_delete=models.PROTECT, related_name="backfills"
    )
    since = models.DateTimeField(_("completed from"), null=True, blank=True)
    until = models.DateTimeField(_("completed before"), null=True, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.RUNNING
    )
    total = models.PositiveIntegerField(_("responses"), default=0)
    # The last response that was put into the outbox, by its id.
    position = models.BigIntegerField(default=0, editable=False)
    # Every response has been put into the outbox.
    complete = models.BooleanField(_("all in the outbox"), default=False)
    created_at = models.DateTimeField(_("started"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("backfill")
        verbose_name_plural = _("backfills")

    def __str__(self) -> str:
        return f"{self.mapping} ({self.total})"


class BulkJob(models.Model):
    """One job of the Bulk API: rows that are out of our hands until it ends."""

    class Status(models.TextChoices):
        # Made at the org, perhaps not filled: nothing of it has been carried out.
        OPEN = "open", _("Open")
        WORKING = "working", _("At work")
        DONE = "done", _("Done")

    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="bulk_jobs"
    )
    job_id = models.CharField(_("job"), max_length=18, unique=True)
    object = models.CharField(_("object"), max_length=100)
    operation = models.CharField(_("operation"), max_length=10)
    # The column by which a result is told to belong to a row.
    key_field = models.CharField(_("key"), max_length=100)
    # The key -> [[write-back, step, fields, values before, is our own key], …].
    entries = models.JSONField(default=dict, editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    lease_token = models.UUIDField(editable=False)
    asked_at = models.DateTimeField(_("asked next"))
    created_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("bulk job")
        verbose_name_plural = _("bulk jobs")

    def __str__(self) -> str:
        return self.job_id
