"""Draft rows as the admin reads them: in order, and as names for rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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


def page_names(survey: Survey) -> list[str]:
    language = survey.default_language
    return [
        page_name(page, number, language)
        for number, page in enumerate(pages_of(survey), 1)
    ]


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
        )
        if "choices" in definitions.OPTIONS[Kind(question.kind)]
        else (),
        show_if=None,
        min_label={},
        max_label={},
        max_length=None,
        **_parts(question),
    )


def _parts(question: Question) -> dict[str, Any]:
    """What facets and rules know of the options; nothing of other kinds."""
    kind, options = Kind(question.kind), question.options
    fitting = definitions.OPTIONS[kind]
    scale = kind in {Kind.NPS, Kind.RATING}
    low, high = options.get("min"), options.get("max")
    if scale:
        usual = (0, 10) if kind is Kind.NPS else (1, 5)
        low = usual[0] if low is None else low
        high = usual[1] if high is None else high
    return {
        "min": low if scale else None,
        "max": high if scale else None,
        "low": None if scale else low,
        "high": None if scale else high,
        "other": "other" in fitting and bool(options.get("other")),
        "rows": tuple(
            definitions.Row(key=row["key"], label=row["label"])
            for row in (options.get("rows", []) if "rows" in fitting else [])
        ),
        "fields": tuple(
            definitions.ContactField(
                key=one["key"], label=one["label"], kind=Kind(one["kind"])
            )
            for one in (options.get("fields", []) if "fields" in fitting else [])
        ),
    }


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


def through_page(survey: Survey, page: Page | None) -> list[Question]:
    """What is asked up to the end of the page."""
    questions = questions_of(survey)
    if page is None or page.pk is None:
        return questions
    place = (page.position, page.pk)
    return [one for one in questions if (one.page.position, one.page.pk) <= place]


def later_pages(survey: Survey, page: Page | None) -> list[tuple[str, str]]:
    """The pages behind this one, as what a rule leads to."""
    pages = pages_of(survey)
    place = pages.index(page) if page in pages else len(pages)
    return [
        (f"page:{one.key}", page_name(one, number, survey.default_language))
        for number, one in enumerate(pages, 1)
        if number > place + 1
    ]


def before_question(question: Question | None, page: Page) -> list[Question]:
    """What is asked before the question; for a new one, up to its page's end."""
    asked = before_page(page.survey, page)
    here = [one for one in questions_of(page.survey) if one.page_id == page.pk]
    if question is None or question.page_id != page.pk:
        return asked + here
    place = (question.position, question.pk)
    return asked + [one for one in here if (one.position, one.pk) < place]
