"""Mailings: people from a file or a list, and what became of each row."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from deployments.models.deployments import Deployment
from deployments.models.lists import PeopleList


class Mailing(models.Model):
    """One file, or one reading of a list; rows that were not invited can be fetched."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        WORKING = "working", _("Under way")
        DONE = "done", _("Done")

    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, related_name="mailings"
    )
    name = models.CharField(_("name"), max_length=100)
    # Where its people were read, when they came in no file.
    people = models.ForeignKey(
        PeopleList,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="mailings",
        verbose_name=_("list of people"),
    )
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    encoding = models.CharField(_("encoding"), max_length=20, blank=True)
    columns = models.JSONField(_("columns"), default=list)
    ignored = models.JSONField(_("columns that mean nothing"), default=list)
    # [{"line": 3, "reason": "…", "cells": […]}]
    bad = models.JSONField(_("rows that were not invited"), default=list)
    invited = models.PositiveIntegerField(_("invited"), default=0)
    again = models.PositiveIntegerField(_("invited before already"), default=0)
    created_at = models.DateTimeField(_("uploaded"))
    # When workers carry it out, and who is at it; no time: it is done.
    due_at = models.DateTimeField(null=True, editable=False)
    lease_token = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> State:
        if self.due_at is None:
            return self.State.DONE
        return self.State.WORKING if self.lease_token else self.State.WAITING
