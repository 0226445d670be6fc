"""People's answers to the question which record is meant."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_mappings.models.connections import Connection


class RememberedMatch(models.Model):
    """A person's answer to the question which record a value means."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="remembered_matches"
    )
    object = models.CharField(_("object"), max_length=100)
    field = models.CharField(_("field"), max_length=100)
    # In lower case, as Salesforce compares.
    value = models.CharField(_("value"), max_length=255)
    record_id = models.CharField(_("record"), max_length=18)
    chosen_at = models.DateTimeField(_("chosen"))
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("chosen by"),
    )

    class Meta:
        verbose_name = _("remembered match")
        verbose_name_plural = _("remembered matches")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "object", "field", "value"],
                name="one_match_remembered",
            )
        ]

    def __str__(self) -> str:
        return f"{self.object}.{self.field} = {self.value}"
