"""Acts on a survey's draft: read it, write it, publish it as a version."""

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

from surveys import comparing, history, picture_store, uses
from surveys import definition as definitions
from surveys.definition import Definition, Kind
from surveys.models import Choice, Page, Question, Survey, SurveyVersion

OPTIONS = definitions.STORED_OPTIONS


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


class SurveyExists(ValueError):
    """A survey of this key is there already."""


# ------------------------------------------------------------------- reading


def draft_document(survey: Survey) -> dict[str, Any]:
    """The draft as it stands, finished or not."""
    pages = survey.pages.order_by("position", "pk").prefetch_related(
        "questions__choices"
    )
    return {
        "key": survey.key,
        "title": survey.title,
        "default_language": survey.default_language,
        "variables": survey.variables,
        "pages": [_page_document(page) for page in pages],
        **_filled(
            thanks=survey.thanks,
            screened_out=survey.screened_out,
            quotas=survey.quotas,
        ),
    }


def _page_document(page: Page) -> dict[str, Any]:
    questions = sorted(page.questions.all(), key=_place)
    return {
        "key": page.key,
        **_filled(title=page.title, show_if=page.show_if),
        "questions": [_question_document(question) for question in questions],
        **_filled(
            next=page.next,
            random=page.random or None,
            place=page.place if page.place != "fixed" else None,
        ),
    }


def _question_document(question: Question) -> dict[str, Any]:
    fitting = definitions.OPTIONS.get(Kind(question.kind), frozenset())
    options = {name: question.options.get(name) for name in OPTIONS if name in fitting}
    choices = sorted(question.choices.all(), key=_place) if "choices" in fitting else []
    return {
        "key": question.key,
        "kind": question.kind,
        "text": question.text,
        "required": question.required,
        **_filled(
            help=question.help,
            show_if=question.show_if,
            **options,
            choices=[_choice_document(choice, question.kind) for choice in choices],
        ),
    }


def _choice_document(choice: Choice, kind: str) -> dict[str, Any]:
    return {
        "key": choice.key,
        "label": choice.label,
        **_filled(
            score=choice.score,
            exclusive=choice.exclusive or None,
            image=choice.picture_id if kind == Kind.SINGLE_CHOICE else None,
        ),
    }


def _place(row: Question | Choice) -> tuple[int, int]:
    return (row.position, row.pk)


def _filled(**parts: Any) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part not in (None, {}, [])}


def has_changes(survey: Survey) -> bool:
    """Whether publishing the draft would make another version."""
    if survey.live_version is None:
        return True
    return bool(canonical_draft(survey) != survey.live_version.definition)


def canonical_draft(survey: Survey) -> dict[str, Any]:
    """The draft in the form of a version; as it stands while it is unfinished."""
    draft = draft_document(survey)
    try:
        return definitions.to_document(definitions.parse(draft))
    except definitions.DefinitionError:
        return draft


@lru_cache(maxsize=512)
def compiled(version_id: int) -> Definition:
    """The definition of a version, which never changes, kept in memory."""
    document = SurveyVersion.objects.get(pk=version_id).definition
    return definitions.parse(document, frozen=True)


# ------------------------------------------------------------------- writing


@transaction.atomic
def save_document(
    *, document: object, user: AbstractBaseUser | None = None, only_new: bool = False
) -> Survey:
    """Make the draft of the document's survey say what the document says.

    Rows whose keys stay keep their ids. Raises `DefinitionError`, and
    `SurveyExists` when only a new survey is wanted.
    """
    definition = definitions.parse(document)
    assert isinstance(document, Mapping)  # noqa: S101 - read above; for the types
    picture_store.take_in(document)
    canonical = definitions.to_document(definition)
    survey, created = Survey.objects.select_for_update().get_or_create(
        key=definition.key,
        defaults={**_survey_values(canonical), "owner_id": user.pk if user else None},
    )
    if only_new and not created:
        raise SurveyExists(definition.key)
    _replace_draft(survey, canonical)
    history.tell(user, survey, _("Draft replaced by a document."))
    return survey


def _replace_draft(survey: Survey, canonical: Mapping[str, Any]) -> None:
    Survey.objects.filter(pk=survey.pk).update(**_survey_values(canonical))
    survey.refresh_from_db()
    survey.save(update_fields=["updated_at"])
    _save_pages(survey, canonical["pages"])


def _survey_values(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": document["title"],
        "thanks": document.get("thanks", {}),
        "screened_out": document.get("screened_out", {}),
        "quotas": document.get("quotas", []),
        "default_language": document["default_language"],
        "variables": document["variables"],
    }


def _save_pages(survey: Survey, documents: list[dict[str, Any]]) -> None:
    keys = {part["key"] for page in documents for part in page["questions"]}
    rows = {
        question.key: question
        for question in Question.objects.filter(page__survey=survey, key__in=keys)
    }
    kept = [question.pk for question in rows.values()]
    # What goes makes room first: a kept question may move to its page.
    Question.objects.filter(page__survey=survey).exclude(pk__in=kept).delete()
    pages = [
        Page.objects.update_or_create(
            survey=survey, key=page["key"], defaults=_page_values(page, position)
        )[0]
        for position, page in enumerate(documents)
    ]
    for page, document in zip(pages, documents, strict=True):
        for position, part in enumerate(document["questions"]):
            _save_question(page, rows.get(part["key"]), part, position)
    survey.pages.exclude(pk__in=[page.pk for page in pages]).delete()


def _page_values(document: Mapping[str, Any], position: int) -> dict[str, Any]:
    return {
        "position": position,
        "title": document.get("title", {}),
        "show_if": document.get("show_if"),
        "next": document.get("next", []),
        "random": document.get("random", False),
        "place": document.get("place", "fixed"),
    }


def _save_question(
    page: Page, row: Question | None, document: Mapping[str, Any], position: int
) -> None:
    values: dict[str, Any] = {
        "page": page,
        "key": document["key"],
        "position": position,
        "kind": document["kind"],
        "text": document["text"],
        "help": document.get("help", {}),
        "required": document["required"],
        "options": {name: document[name] for name in OPTIONS if name in document},
        "show_if": document.get("show_if"),
    }
    if row is None:
        row = Question.objects.create(**values)
    else:
        Question.objects.filter(pk=row.pk).update(**values)
    _save_choices(row, document.get("choices", []))


def _save_choices(question: Question, documents: list[dict[str, Any]]) -> None:
    keys = [choice["key"] for choice in documents]
    question.choices.exclude(key__in=keys).delete()
    for position, choice in enumerate(documents):
        Choice.objects.update_or_create(
            question=question,
            key=choice["key"],
            defaults={
                "position": position,
                "label": choice["label"],
                "score": choice.get("score"),
                "exclusive": choice.get("exclusive", False),
                "picture_id": choice.get("image"),
            },
        )


# ---------------------------------------------------------------- publishing


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


@transaction.atomic
def restore(*, version: SurveyVersion, user: AbstractBaseUser | None = None) -> Survey:
    """Make the draft say again what a published version said; nothing goes live.

    An old version need not pass what is checked today: publishing will say it.
    """
    survey = Survey.objects.select_for_update().get(pk=version.survey_id)
    definition = definitions.parse(version.definition, frozen=True)
    _replace_draft(survey, definitions.to_document(definition))
    history.tell(
        user,
        survey,
        _("Version %(number)s restored as the draft.") % {"number": version.number},
    )
    return survey


def close(*, survey: Survey, user: AbstractBaseUser | None = None) -> None:
    """Take no more answers; publishing opens the survey again."""
    Survey.objects.filter(pk=survey.pk, status=Survey.Status.LIVE).update(
        status=Survey.Status.CLOSED
    )
    survey.refresh_from_db(fields=["status"])
    history.tell(user, survey, _("Closed."))
