"""Owns the survey document as files keep it: the draft, its theme, and its status.

The definition is what is frozen at publishing; theme and status stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from surveys import drafting, picture_store, publishing
from surveys.definition import DefinitionError, Problem
from surveys.models import Survey, Theme
from surveys.row_documents import DocumentRefused

BESIDE = ("theme", "status")
Status = Survey.Status


def survey_document(survey: Survey) -> dict[str, Any]:
    """The survey as a document; `save_document` of it changes nothing.

    A live survey whose draft has moved on says the draft: applying it elsewhere
    publishes that.
    """
    return {
        **picture_store.give_out(drafting.canonical_draft(survey)),
        **({"theme": survey.theme.key} if survey.theme else {}),
        **({"status": survey.status} if survey.status != Status.DRAFT else {}),
    }


@transaction.atomic
def save_document(
    *,
    document: object,
    user: AbstractBaseUser | None = None,
    now: datetime | None = None,
    only_new: bool = False,
) -> Survey:
    """Make draft and theme say what the document says; publish or close if it does.

    A theme that is left out is none; a status that is left out stays as it is.
    Raises `DefinitionError`, `DocumentRefused`, and `SurveyExists` when only a new
    survey is wanted.
    """
    beside, rest = _parted(document)
    theme, problems = _theme(beside.get("theme"))
    problems += _status_problems(beside.get("status"))
    try:
        survey = drafting.save_document(document=rest, user=user, only_new=only_new)
    except DefinitionError as error:
        raise DefinitionError([*error.problems, *problems]) from error
    if problems:
        raise DefinitionError(problems)
    if survey.theme != theme:
        survey.theme = theme
        survey.save(update_fields=["theme", "updated_at"])
    _come_to(survey, beside.get("status"), user, now or timezone.now())
    return survey


def _parted(document: object) -> tuple[dict[str, Any], object]:
    if not isinstance(document, Mapping):
        return {}, document
    beside = {name: document[name] for name in BESIDE if name in document}
    rest = {name: part for name, part in document.items() if name not in BESIDE}
    return beside, rest


def _theme(key: object) -> tuple[Theme | None, list[Problem]]:
    if key is None:
        return None, []
    known = isinstance(key, str) and "\x00" not in key
    theme = Theme.objects.filter(key=key).first() if known else None
    if theme is not None:
        return theme, []
    message = _("There is no theme with the key “%(key)s”.")
    return None, [Problem("theme", message % {"key": str(key)[:80]})]


def _status_problems(status: object) -> list[Problem]:
    if status is None or status in Status.values:
        return []
    return [
        Problem(
            "status",
            _("Use one of %(words)s.") % {"words": ", ".join(Status.values)},
        )
    ]


def _come_to(
    survey: Survey, status: object, user: AbstractBaseUser | None, now: datetime
) -> None:
    """Live publishes what changed; closed closes what is live."""
    if status == Status.LIVE:
        _publish(survey, user, now)
    elif status == Status.CLOSED and survey.live_version is None:
        raise DocumentRefused(
            [Problem("status", _("A survey that was never live cannot be closed."))]
        )
    elif status == Status.CLOSED and survey.status == Status.LIVE:
        publishing.close(survey=survey, user=user)


def _publish(survey: Survey, user: AbstractBaseUser | None, now: datetime) -> None:
    if survey.status == Status.LIVE and not drafting.has_changes(survey):
        return
    try:
        publishing.publish(survey=survey, now=now, user=user)
    except publishing.PublishingError as error:
        raise DocumentRefused([Problem("status", str(error))]) from error
