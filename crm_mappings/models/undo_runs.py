"""Putting back what one mapping wrote: looked at first, then done when told to."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm_mappings.models.backfills import Backfill
from crm_mappings.models.mappings import Mapping
from crm_mappings.models.write_backs import WriteBack


class UndoRun(models.Model):
    """What one mapping, or one backfill of it, wrote in a span is put back.

    looking → ready → running ⇄ paused; running → done; each but done → cancelled
    """

    class Status(models.TextChoices):
        LOOKING = "looking", _("Being looked at")
        READY = "ready", _("Waits for your word")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    mapping = models.ForeignKey(
        Mapping,
        on_delete=models.PROTECT,
        related_name="undo_runs",
        verbose_name=_("mapping"),
    )
    backfill = models.ForeignKey(
        Backfill,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="undo_runs",
        verbose_name=_("backfill"),
    )
    since = models.DateTimeField(_("written from"), null=True, blank=True)
    until = models.DateTimeField(_("written before"))
    # Records that we made are deleted, too.
    delete_created = models.BooleanField(_("delete created records"), default=False)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.LOOKING
    )
    # How many records there are, and fate -> how many: as seen, and as done.
    total = models.PositiveIntegerField(_("records"), default=0)
    seen: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    done: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    # The last record that was looked at, or done: it goes on after this.
    position = models.CharField(max_length=18, blank=True, editable=False)
    # When it may be carried on; while a worker has it: when the lease ends.
    due_at = models.DateTimeField()
    lease_token = models.UUIDField(null=True, editable=False)
    # Why it does not go on at this moment.
    problem = models.TextField(_("what is wrong"), blank=True)
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

    OPEN = (Status.LOOKING, Status.READY, Status.RUNNING, Status.PAUSED)

    class Meta:
        verbose_name = _("undo of a run")
        verbose_name_plural = _("undos of runs")
        constraints = [
            models.UniqueConstraint(
                fields=["mapping"],
                condition=Q(status__in=["looking", "ready", "running", "paused"]),
                name="one_undo_of_a_mapping_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.mapping} ({self.total})"


class UndoFinding(models.Model):
    """One record that is not put back, and why."""

    run = models.ForeignKey(UndoRun, on_delete=models.CASCADE, related_name="findings")
    write_back = models.ForeignKey(
        WriteBack, on_delete=models.CASCADE, related_name="+"
    )
    object = models.CharField(_("object"), max_length=100)
    record_id = models.CharField(_("record"), max_length=18)
    fate = models.CharField(_("what becomes of it"), max_length=10)
    # Which fields somebody else has changed since.
    names = models.JSONField(default=list)
    # The org's words, where it refused.
    message = models.TextField(blank=True)

    class Meta:
        verbose_name = _("record that is not put back")
        verbose_name_plural = _("records that are not put back")

    def __str__(self) -> str:
        return f"{self.fate}: {self.object} {self.record_id}"
