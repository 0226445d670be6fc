"""Polls: how far a source was asked for what its messages may have left out."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Poll(models.Model):
    """One kind of record of one source, and the place up to which it was read."""

    source = models.CharField(_("source"), max_length=100)
    object = models.CharField(_("object"), max_length=100)
    # The last record that was read: its time and, among those of one time, its id.
    cursor_at = models.DateTimeField(_("read up to"))
    cursor_id = models.CharField(max_length=100, blank=True)
    # False: there was more than one run may take; the next one goes on at the cursor.
    caught_up = models.BooleanField(_("caught up"), default=True)
    due_at = models.DateTimeField(_("next"))
    lease_token = models.UUIDField(null=True, editable=False)
    asked_at = models.DateTimeField(_("last asked"), null=True, blank=True)
    found = models.PositiveIntegerField(_("found that no message told"), default=0)
    # What changed in this time was left alone when it came up: it was too old.
    skipped_from = models.DateTimeField(_("left out, from"), null=True, blank=True)
    skipped_until = models.DateTimeField(_("left out, until"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("poll")
        verbose_name_plural = _("polls")
        constraints = [
            models.UniqueConstraint(fields=["source", "object"], name="polled_once")
        ]

    def __str__(self) -> str:
        return f"{self.object} · {self.source}"
