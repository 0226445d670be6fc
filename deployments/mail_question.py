"""Owns the question that stands in an invitation: the first of the survey, its answers
as links. A link only opens the page with its answer chosen; nothing is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from deployments.models import Invitation
from surveys import piping, publishing
from surveys.definition import Definition, Kind, Question, say

KINDS = frozenset({Kind.NPS, Kind.RATING, Kind.SINGLE_CHOICE})
# What a mail has room for.
MOST_CHOICES = 12
# The name of the answer in the query of a link: “csat.4”.
ANSWER = "answer"
NPS_ENDS = {
    "en": ("Not at all likely", "Extremely likely"),
    "de": ("Gar nicht wahrscheinlich", "Äußerst wahrscheinlich"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailQuestion:
    text: str
    answers: tuple[Answer, ...]
    low: str = ""
    high: str = ""
    # Numbers beside each other; words below each other.
    is_scale: bool = True

    @property
    def plain(self) -> str:
        """As lines of plain text, each with its link."""
        ends = [f"({self.low} – {self.high})"] if self.low or self.high else []
        lines = [f"{one.label}: {one.url}" for one in self.answers]
        return "\n".join([self.text, *ends, "", *lines])


def mail_question(
    invitation: Invitation, language: str, link: str
) -> MailQuestion | None:
    """The question as the mail shows it; None where there is none to show."""
    deployment = invitation.deployment
    version_id = deployment.survey.live_version_id
    if not deployment.asks_in_mail or version_id is None:
        return None
    definition = publishing.compiled(version_id)
    question = first_question(definition)
    if question is None:
        return None
    default = definition.default_language
    fill = piping.filler(
        definition, {}, invitation.variables, invitation.records, language
    )
    low, high = (
        say(text, language, default)
        for text in (question.min_label, question.max_label)
    )
    if question.kind is Kind.NPS and not low and not high:
        low, high = NPS_ENDS.get(language.split("-")[0], NPS_ENDS["en"])
    return MailQuestion(
        text=" ".join(fill(say(question.text, language, default)).split()),
        answers=tuple(
            Answer(label=label, url=f"{link}?{ANSWER}={question.key}.{quote(value)}")
            for value, label in _values(question, language, default)
        ),
        low=low,
        high=high,
        is_scale=question.kind is not Kind.SINGLE_CHOICE,
    )


def first_question(definition: Definition) -> Question | None:
    """The question that everybody is asked first, if a mail can ask it."""
    page = definition.pages[0] if definition.pages else None
    if page is None or page.show_if is not None:
        return None
    asked = (one for one in page.questions if one.kind is not Kind.STATEMENT)
    question = next(asked, None)
    if question is None or question.show_if is not None or question.kind not in KINDS:
        return None
    answers = sum(1 for _answer in _values(question, "", definition.default_language))
    return question if 0 < answers <= MOST_CHOICES else None


def _values(
    question: Question, language: str, default: str
) -> Iterator[tuple[str, str]]:
    if question.kind is Kind.SINGLE_CHOICE:
        for choice in question.choices:
            yield choice.key, say(choice.label, language, default) or choice.key
        return
    low = question.min if question.min is not None else 0
    high = question.max if question.max is not None else 10
    for number in range(low, high + 1):
        yield str(number), str(number)
