"""What the draft's questions look like, all on one page, nothing to send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys import picture_files
from surveys.admin import drafts
from surveys.admin.conditions import in_words
from surveys.admin.texts import languages
from surveys.definition import say
from surveys.definition.kinds import NPS_MAX, NPS_MIN, RATING_MAX, RATING_MIN
from surveys.models import Choice, Question, Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQuestion:
    text: str
    help: str
    kind: str
    required: bool
    rule: str
    choices: Sequence[str]
    scale: Sequence[str]
    low: str
    high: str
    # Rows of a matrix, fields of a contact.
    parts: Sequence[str]
    dropdown: bool
    # Where each picture is, and what stands below it.
    pictures: Sequence[tuple[str, str]]
    unit: str
    input: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPage:
    name: str
    rule: str
    questions: Sequence[ShownQuestion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    title: str
    thanks: str
    language: str
    languages: Sequence[str]
    pages: Sequence[ShownPage]


def preview(survey: Survey, language: str) -> Preview:
    questions = drafts.questions_of(survey)
    own = survey.default_language
    spoken = languages(own, survey.title, *[question.text for question in questions])
    language = language if language in spoken else own
    groups = drafts.groups(survey, questions)
    return Preview(
        title=say(survey.title, language, own),
        thanks=say(survey.thanks, language, own),
        language=language,
        languages=spoken,
        pages=[
            ShownPage(
                name=drafts.page_name(page, number, language),
                rule=in_words(page.show_if, groups),
                questions=[
                    _question(one, language, own, in_words(one.show_if, groups))
                    for one in questions
                    if one.page_id == page.pk
                ],
            )
            for number, page in enumerate(drafts.pages_of(survey), 1)
        ],
    )


def _question(row: Question, language: str, own: str, rule: str) -> ShownQuestion:
    choices = sorted(row.choices.all(), key=lambda one: (one.position, one.pk))
    return ShownQuestion(
        text=say(row.text, language, own) or row.key,
        help=say(row.help, language, own),
        kind=row.kind,
        required=row.required,
        rule=rule,
        choices=[
            *(say(choice.label, language, own) or choice.key for choice in choices),
            *_write_in(row, language, own),
        ],
        scale=_scale(row),
        low=say(row.options.get("min_label") or {}, language, own),
        high=say(row.options.get("max_label") or {}, language, own),
        parts=[
            say(part["label"], language, own) or part["key"]
            for part in row.options.get("rows") or row.options.get("fields") or []
        ],
        pictures=list(_pictures(row, choices, language, own)),
        dropdown=row.options.get("display") == "dropdown",
        unit=say(row.options.get("unit") or {}, language, own),
        input=INPUTS.get(row.kind, ""),
    )


# What a browser offers for the kinds that are typed in one line.
INPUTS = {
    "short_text": "text",
    "number": "text",
    "slider": "range",
    "email": "email",
    "phone": "tel",
    "url": "url",
    "date": "date",
    "time": "time",
    "datetime": "datetime-local",
    "file": "file",
}


def _write_in(row: Question, language: str, own: str) -> Sequence[str]:
    if not row.options.get("other"):
        return ()
    return (
        f"{say(row.options.get('other_label') or {}, language, own) or _('Other')} …",
    )


def _pictures(
    row: Question, choices: Sequence[Choice], language: str, own: str
) -> Iterator[tuple[str, str]]:
    if row.kind != "single_choice" or row.options.get("display") != "image":
        return
    for one in choices:
        name = say(one.label, language, own) or one.key
        yield picture_files.address(one.picture_id) if one.picture_id else "", name
    yield from (("", text) for text in _write_in(row, language, own))


def _scale(row: Question) -> Sequence[str]:
    if row.kind == "nps":
        return [str(step) for step in range(NPS_MIN, NPS_MAX + 1)]
    if row.kind != "rating":
        return ()
    low, high = row.options.get("min"), row.options.get("max")
    low = RATING_MIN if low is None else low
    steps = range(low, (RATING_MAX if high is None else high) + 1)
    icon = {"stars": " ★", "faces": " ☺"}.get(row.options.get("icons", ""), "")
    return [f"{step}{icon}" for step in steps]
