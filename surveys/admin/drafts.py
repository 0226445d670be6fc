"""Draft rows as the admin reads them: in order, and as names for rules."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from surveys import definition as definitions
from surveys.admin.conditions import NameGroup, survey_groups
from surveys.definition import Kind, say
from surveys.models import Page, Question, Survey


def pages_of(survey: Survey) -> list[Page]:
    return list(survey.pages.order_by("position", "pk"))


def questions_of(survey: Survey) -> list[Question]:
    """Every question in the order that it is asked in."""
    return list(
        Question.objects.filter(page__survey=survey)
        .select_related("page")
        .prefetch_related("choices")
        .order_by("page__position", "page__pk", "position", "pk")
    )


def page_name(page: Page, number: int, language: str) -> str:
    title = say(page.title or {}, language, language)
    name = _("Page %(number)s") % {"number": number}
    return f"{name}: {title}" if title else name


def defined(question: Question) -> definitions.Question:
    """The row as far as rules care: a draft may be unfinished elsewhere."""
    return definitions.Question(
        key=question.key,
        kind=Kind(question.kind),
        text=question.text,
        help={},
        required=question.required,
        choices=tuple(
            definitions.Choice(key=choice.key, label=choice.label, score=choice.score)
            for choice in sorted(
                question.choices.all(), key=lambda one: (one.position, one.pk)
            )
        ),
        show_if=None,
        min=question.options.get("min"),
        max=question.options.get("max"),
        min_label={},
        max_label={},
        max_length=None,
    )


def groups(survey: Survey, questions: Iterable[Question]) -> list[NameGroup]:
    variables = [
        definitions.Variable(key=one["key"], label=one["label"], open=one["open"])
        for one in survey.variables or []
    ]
    asked = [defined(question) for question in questions]
    return survey_groups(asked, variables, survey.default_language)


def before_page(survey: Survey, page: Page | None) -> list[Question]:
    """What is asked on earlier pages; for a new page, on all."""
    questions = questions_of(survey)
    if page is None or page.pk is None:
        return questions
    place = (page.position, page.pk)
    return [one for one in questions if (one.page.position, one.page.pk) < place]


def before_question(question: Question | None, page: Page) -> list[Question]:
    """What is asked before the question; for a new one, up to its page's end."""
    asked = before_page(page.survey, page)
    here = [one for one in questions_of(page.survey) if one.page_id == page.pk]
    if question is None or question.page_id != page.pk:
        return asked + here
    place = (question.position, question.pk)
    return asked + [one for one in here if (one.position, one.pk) < place]
