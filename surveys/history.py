"""Owns what the history of a survey tells: who did what, as the admin lists it."""

from __future__ import annotations

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser

from surveys.models import Survey


def tell(user: AbstractBaseUser | None, survey: Survey, message: str) -> None:
    """Note it in the survey's history; a key for the API is no user."""
    if user is not None and user.pk is not None:
        LogEntry.objects.log_actions(
            user.pk, [survey], CHANGE, change_message=message, single_object=True
        )
