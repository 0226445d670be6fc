"""Owns a survey's draft as a document: reads it from its rows, and makes the rows say
what a document says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from surveys import definition as definitions
from surveys import history, picture_store
from surveys.definition import Kind
from surveys.models import Choice, Page, Question, Survey, SurveyVersion


class SurveyExists(ValueError):
    """A survey of this key is there already."""


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
    stored = [name for name in definitions.STORED_OPTIONS if name in fitting]
    choices = sorted(question.choices.all(), key=_place) if "choices" in fitting else []
    return {
        "key": question.key,
        "kind": question.kind,
        "text": question.text,
        "required": question.required,
        **_filled(
            help=question.help,
            show_if=question.show_if,
            **{name: question.options.get(name) for name in stored},
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
        "options": {
            name: document[name]
            for name in definitions.STORED_OPTIONS
            if name in document
        },
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
