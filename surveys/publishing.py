"""Acts that take a survey to respondents: publish its draft as a version, close it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from surveys import comparing, history, uses
from surveys import definition as definitions
from surveys.definition import Definition
from surveys.drafting import draft_document
from surveys.models import Question, Survey, SurveyVersion


class PublishingError(ValueError):
    """The draft is sound, yet must not become a version; says why."""


class QuestionsInUse(PublishingError):
    """Live mappings read questions that the draft no longer asks."""

    def __init__(self, found: Collection[uses.Use]) -> None:
        self.uses = tuple(found)
        keys = sorted({use.question for use in found})
        super().__init__(
            _(
                "The draft no longer asks what is still read elsewhere: %(questions)s "
                "(%(where)s). Confirm that these may go, or change what reads them."
            )
            % {
                "questions": ", ".join(f"“{key}”" for key in keys),
                "where": "; ".join(sorted({use.where for use in found})),
            }
        )


@lru_cache(maxsize=512)
def compiled(version_id: int) -> Definition:
    """The definition of a version, which never changes, kept in memory."""
    document = SurveyVersion.objects.get(pk=version_id).definition
    return definitions.parse(document, frozen=True)


@transaction.atomic
def publish(
    *,
    survey: Survey,
    now: datetime,
    user: AbstractBaseUser | None = None,
    confirmed: Collection[str] = (),
) -> SurveyVersion:
    """Check the draft and freeze it as the next version, which goes live.

    Publishing an unchanged draft gives the live version again. `confirmed` are the
    questions that may go although a live mapping reads them. Raises
    `DefinitionError` or `PublishingError`.
    """
    # Two who publish at once wait here for each other.
    locked = Survey.objects.select_for_update().get(pk=survey.pk)
    definition = definitions.parse(draft_document(locked))
    document = definitions.to_document(definition)
    version = locked.live_version
    if version is None or version.definition != document:
        _refuse_changed_kinds(locked, definition)
        _refuse_lost_questions(locked, document, confirmed)
        version = _freeze(locked, document, now, user)
    locked.live_version = version
    locked.status = Survey.Status.LIVE
    locked.save(update_fields=["live_version", "status", "updated_at"])
    survey.refresh_from_db(fields=["live_version", "status", "updated_at"])
    return version


def _freeze(
    survey: Survey,
    document: dict[str, Any],
    now: datetime,
    user: AbstractBaseUser | None,
) -> SurveyVersion:
    newest = survey.versions.aggregate(number=Max("number"))["number"] or 0
    version = SurveyVersion.objects.create(
        survey=survey,
        number=newest + 1,
        definition=document,
        published_at=now,
        published_by_id=user.pk if user else None,
    )
    # SQLite gives the id of a rolled-back row again, to another definition.
    compiled.cache_clear()
    history.tell(
        user, survey, _("Published version %(number)s.") % {"number": version.number}
    )
    return version


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedKeys:
    """Keys that data, mappings and exports speak in, over every version."""

    kinds: Mapping[str, str]
    choices: Mapping[str, frozenset[str]]


def published_keys(survey: Survey) -> PublishedKeys:
    kinds: dict[str, str] = {}
    choices: dict[str, frozenset[str]] = {}
    documents = survey.versions.order_by("number").values_list("definition", flat=True)
    for document in documents:
        for question in (
            part for page in document["pages"] for part in page["questions"]
        ):
            key = question["key"]
            kinds[key] = question["kind"]
            keys = frozenset(choice["key"] for choice in question.get("choices", []))
            choices[key] = choices.get(key, frozenset()) | keys
    return PublishedKeys(kinds=kinds, choices=choices)


def _refuse_changed_kinds(survey: Survey, definition: Definition) -> None:
    kinds = published_keys(survey).kinds
    names = {key: str(label) for key, label in Question.KINDS}
    for question in definition.questions():
        kind = question.kind.value
        if kinds.get(question.key, kind) != kind:
            raise PublishingError(
                _(
                    "“%(key)s” was published as “%(old)s” and is now “%(new)s”. Its "
                    "answers would no longer compare: give the new question a key "
                    "of its own."
                )
                % {
                    "key": question.key,
                    "old": names[kinds[question.key]],
                    "new": names[kind],
                }
            )


def _refuse_lost_questions(
    survey: Survey, document: Mapping[str, Any], confirmed: Collection[str]
) -> None:
    lost = [use for use in lost_uses(survey, document) if use.question not in confirmed]
    if lost:
        raise QuestionsInUse(lost)


def lost_uses(survey: Survey, document: Mapping[str, Any]) -> list[uses.Use]:
    """Live uses of questions that are in the live version and not in the document."""
    if survey.live_version is None:
        return []
    difference = comparing.compare(survey.live_version.definition, document)
    removed = set(difference.removed_questions)
    return [use for use in uses.uses_of(survey) if use.question in removed]


def close(*, survey: Survey, user: AbstractBaseUser | None = None) -> None:
    """Take no more answers; publishing opens the survey again."""
    Survey.objects.filter(pk=survey.pk, status=Survey.Status.LIVE).update(
        status=Survey.Status.CLOSED
    )
    survey.refresh_from_db(fields=["status"])
    history.tell(user, survey, _("Closed."))
