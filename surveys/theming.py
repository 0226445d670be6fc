"""Acts on themes: read one as a document, write one, and give surveys their look."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from surveys import themes
from surveys.definition import Problem
from surveys.definition.nodes import SURVEY_KEY, SURVEY_KEY_HINT
from surveys.models import Survey, Theme
from surveys.row_documents import keep
from surveys.texts import tidy
from surveys.themes import Look, ThemeError


def theme_document(theme: Theme) -> dict[str, Any]:
    """The theme as a document; `save_document` of it changes nothing."""
    logo = {"logo": theme.logo} if theme.logo else {}
    return {"key": theme.key, "name": theme.name, **theme.document, **logo}


@transaction.atomic
def save_document(*, document: object, only_new: bool = False) -> Theme:
    """Create or update the document's theme. Raises `ThemeError`, and `KeyTaken` when
    only a new one is wanted."""
    look = _read(document)
    assert isinstance(document, Mapping)  # noqa: S101 - read above; for the types
    name = {"name": tidy(document["name"])}
    theme = keep(Theme.objects, name, key=document["key"], only_new=only_new)
    return dress(theme=theme, look=look)


def _read(document: object) -> Look:
    problems: list[Problem] = []
    look = themes.USUAL
    try:
        look = themes.read(document)
    except ThemeError as error:
        problems += error.problems
    if isinstance(document, Mapping):
        problems += _named(document)
    if problems:
        raise ThemeError(problems)
    return look


def _named(document: Mapping[str, Any]) -> list[Problem]:
    problems = []
    key, name = document.get("key"), document.get("name")
    if not (isinstance(key, str) and SURVEY_KEY.match(key)):
        problems.append(Problem("key", _(SURVEY_KEY_HINT)))
    if not (isinstance(name, str) and 0 < len(tidy(name)) <= Theme.LONGEST_NAME):
        hint = _("Use a text of up to %(most)s characters.")
        problems.append(Problem("name", hint % {"most": Theme.LONGEST_NAME}))
    return problems


def dress(*, theme: Theme, look: Look) -> Theme:
    """Give the theme this look, and save it."""
    document = look.to_document()
    theme.logo = document.pop("logo", "")
    theme.document = document
    theme.fingerprint = _fingerprint(theme_document(theme))
    theme.save()
    return theme


def _fingerprint(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def heavy(survey: str) -> tuple[str, ...]:
    """What a query by way of `survey` leaves out: no respondent's page reads it."""
    parts = ("thanks", "screened_out", "variables", "quotas")
    return tuple(
        f"{survey}__{part}" for part in (*parts, "theme__document", "theme__logo")
    )


def look_of(survey: Survey) -> tuple[Look, str]:
    """The look of a survey, and the name that the files of its theme have.

    Kept in memory: a page view only reads, with the survey, whether it is still the
    same.
    """
    theme = survey.theme
    if theme is None:
        return themes.USUAL, ""
    return look(theme.key, theme.fingerprint), f"{theme.key}-{theme.fingerprint}"


@lru_cache(maxsize=64)
def look(key: str, _fingerprint: str) -> Look:
    """A theme's look; the fingerprint makes it another when it changes."""
    theme = Theme.objects.get(key=key)
    return themes.read(theme_document(theme))
