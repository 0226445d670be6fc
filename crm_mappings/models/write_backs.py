"""The outbox: what is to be written, what was, and every attempt."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm_mappings.models.connections import Connection
from crm_mappings.models.mappings import Mapping, MappingRevision
from responses.models import Response


class WriteBack(models.Model):
    """The outbox: one response that one mapping must bring to Salesforce.

    waiting → sending (leased) → written | waiting (retry) | held | skipped;
    written → undone
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        WRITTEN = "written", _("Written")
        HELD = "held", _("Held: a person must act")
        SKIPPED = "skipped", _("Skipped")
        UNDONE = "undone", _("Undone")

    class Priority(models.IntegerChoices):
        LIVE = 0, _("New response")
        BACKFILL = 1, _("Backfill")

    response = models.ForeignKey(
        Response, on_delete=models.PROTECT, related_name="write_backs"
    )
    mapping = models.ForeignKey(
        Mapping, on_delete=models.PROTECT, related_name="write_backs"
    )
    revision = models.ForeignKey(
        MappingRevision, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    # When it may be tried (again); while sending: when the lease ends.
    due_at = models.DateTimeField(_("next attempt"))
    lease_token = models.UUIDField(null=True, editable=False)
    # Salesforce's code (or ours) and words of the last failure or skip.
    error_class = models.CharField(_("kind of error"), max_length=20, blank=True)
    error_code = models.CharField(_("error code"), max_length=100, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    # The rule that wrote the refused field: {"step": …, "field": …}.
    rule = models.JSONField(_("rule"), null=True, blank=True)
    # True from just before a request that may have been applied until its answer.
    outcome_unknown = models.BooleanField(_("outcome unknown"), default=False)
    # The records that such a request was to make, as they were sent: the answers, or
    # the mapping, may have changed when they are looked for.
    in_doubt = models.JSONField(default=list, blank=True, editable=False)
    # Step -> values before: kept before a write, so that a repeated write cannot
    # take our own values for what was there.
    before = models.JSONField(default=dict, blank=True, editable=False)
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.LIVE
    )
    # The backfill that put it in, if one did.
    backfill = models.ForeignKey(
        "Backfill",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="write_backs",
        verbose_name=_("backfill"),
    )
    # The bulk job that carries it, while it is being sent by one.
    bulk_job = models.ForeignKey(
        "BulkJob",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="write_backs",
        editable=False,
    )
    # The last of its records before its response had news: those are written again.
    renewed_after = models.BigIntegerField(default=0, editable=False)
    # Step -> the record that a person has chosen for it.
    choices = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("write-back")
        verbose_name_plural = _("write-backs")
        constraints = [
            models.UniqueConstraint(fields=["response", "mapping"], name="written_once")
        ]
        indexes = [
            # crm_mappings.delivery claims due rows: new responses before backfills,
            # each oldest first.
            models.Index(
                fields=["priority", "due_at", "id"],
                condition=Q(state__in=["waiting", "sending"]),
                name="write_back_claimed",
            ),
            models.Index(fields=["state", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.response_id} → {self.mapping_id}"


class WrittenRecord(models.Model):
    """A record that a write-back wrote, with what was there before."""

    write_back = models.ForeignKey(
        WriteBack, on_delete=models.CASCADE, related_name="records"
    )
    step = models.CharField(_("step"), max_length=40)
    object = models.CharField(_("object"), max_length=100)
    record_id = models.CharField(_("record"), max_length=18)
    created = models.BooleanField(_("created"))
    fields = models.JSONField(_("fields written"), default=dict)
    previous = models.JSONField(_("values before"), null=True, blank=True)
    written_at = models.DateTimeField(_("written"))
    undone_at = models.DateTimeField(_("put back"), null=True, blank=True)
    # Its response was erased: clear or delete it, when, and what came of it.
    erasing = models.CharField(max_length=10, blank=True, editable=False)
    erase_due_at = models.DateTimeField(null=True, editable=False)
    erase_problem = models.TextField(blank=True, editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    class Meta:
        verbose_name = _("written record")
        verbose_name_plural = _("written records")
        constraints = [
            models.UniqueConstraint(
                fields=["write_back", "step", "record_id"], name="record_kept_once"
            )
        ]
        indexes = [
            # Who else wrote this record?
            models.Index(fields=["record_id"], name="written_record_id"),
            # What was written in these days?
            models.Index(fields=["written_at"], name="written_record_at"),
            # crm_mappings.delivery.erasing claims what is to be erased.
            models.Index(
                fields=["erase_due_at"],
                condition=Q(erase_due_at__isnull=False),
                name="written_record_erased",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object} {self.record_id}"


class Attempt(models.Model):
    """The activity log: one try to deliver one write-back."""

    write_back = models.ForeignKey(
        WriteBack, on_delete=models.CASCADE, related_name="log"
    )
    number = models.PositiveIntegerField(_("number"))
    at = models.DateTimeField(_("at"))
    outcome = models.CharField(_("outcome"), max_length=20)
    error_code = models.CharField(_("error code"), max_length=100, blank=True)
    message = models.TextField(_("message"), blank=True)
    # What was sent and what came back, without the words of the answers.
    exchange = models.JSONField(_("request and answer"), default=list, blank=True)
    request_id = models.UUIDField(default=uuid.uuid4, editable=False)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return f"{self.write_back_id} #{self.number}: {self.outcome}"


class RecordTurn(models.Model):
    """Whose turn it is to write a record that several responses are about.

    There only while somebody writes it, or until the lease of who died ends.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+"
    )
    object = models.CharField(max_length=100)
    # The record's id, or a hash of the key that it is to get.
    record = models.CharField(max_length=64)
    lease_token = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("turn at a record")
        verbose_name_plural = _("turns at records")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "object", "record"], name="one_turn_at_a_record"
            )
        ]

    def __str__(self) -> str:
        return f"{self.object} {self.record}"
