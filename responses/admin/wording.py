"""Says in words what a response holds: answers, score, records, durations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from responses import record_links, uploads
from responses.models import Response, Upload
from responses.quality import Flag
from surveys import answers, publishing
from surveys.answers.scoring import scored
from surveys.definition import Definition, Kind, Question, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One question and its answer in words."""

    key: str
    question: str
    answer: str
    # Where a file is to be had.
    link: str = ""


def said(response: Response) -> Iterator[Said]:
    """Each question of the response's version, answered or not, in order."""
    definition = publishing.compiled(response.version_id)
    questions = [
        one for one in definition.questions() if one.kind is not Kind.STATEMENT
    ]
    stored: Mapping[str, object] = response.answers
    if any(question.kind is Kind.FILE for question in questions):
        stored = uploads.described(response, download)
    for question in questions:
        answer = stored.get(question.key)
        file = answer if question.kind is Kind.FILE else None
        yield Said(
            key=question.key,
            question=say(question.text, definition.default_language, ""),
            answer=in_words(question, answer, definition),
            link=str(file["url"]) if isinstance(file, dict) else "",
        )


def download(upload: Upload) -> str:
    return address("admin:responses_response_upload", upload.key)


def in_words(question: Question, answer: object, definition: Definition) -> str:
    """The answer as a person would say it; an empty string when there is none."""
    if answer is None:
        return ""
    say_it = IN_WORDS.get(question.kind)
    return (
        say_it(question, answer, definition.default_language) if say_it else str(answer)
    )


def _nps(question: Question, answer: object, language: str) -> str:
    group = str(answers.facet(question, answer, "group", language))
    return f"{answer} ({group_name(group)})"


def _consent(_question: Question, answer: object, _language: str) -> str:
    return _("Yes") if answer is True else _("No")


def _amount(question: Question, answer: object, language: str) -> str:
    return f"{answer} {say(question.unit, language, '')}".strip()


def _file(_question: Question, answer: object, _language: str) -> str:
    return str(answer.get("name")) if isinstance(answer, dict) else _("A file")


def _moment(_question: Question, answer: object, _language: str) -> str:
    return str(answer).replace("T", " ")


def _chosen(question: Question, answer: object, language: str) -> str:
    """Labels one by one; a key that is no longer a choice stands for itself."""
    said = []
    for number, one in enumerate(answer if isinstance(answer, list) else [answer], 1):
        text = answers.written_in(one)
        choice = question.choice(one) if isinstance(one, str) else None
        label = say(choice.label, language, "") if choice else text or str(one)
        said.append(f"{number}. {label}" if question.kind is Kind.RANKING else label)
    return ", ".join(said)


def _parts(question: Question, answer: object, language: str) -> str:
    """A line for each row or field that was filled in."""
    filled = answer if isinstance(answer, dict) else {}
    labels = {row.key: row.label for row in question.rows}
    labels |= {one.key: one.label for one in question.fields}
    lines = []
    for key, value in filled.items():
        choice = question.choice(value)
        text = say(choice.label, language, "") if choice else str(value)
        lines.append(f"{say(labels.get(key, {}), language, '') or key}: {text}")
    return "\n".join(lines)


def _rating(question: Question, answer: object, language: str) -> str:
    text = _("%(value)s of %(highest)s") % {"value": answer, "highest": question.max}
    label = answers.facet(question, answer, "label", language)
    return f"{text} ({label})" if label and str(label) != str(answer) else text


IN_WORDS: Mapping[Kind, Callable[[Question, object, str], str]] = {
    Kind.NPS: _nps,
    Kind.RATING: _rating,
    Kind.SINGLE_CHOICE: _chosen,
    Kind.MULTIPLE_CHOICE: _chosen,
    Kind.RANKING: _chosen,
    Kind.MATRIX: _parts,
    Kind.CONTACT: _parts,
    Kind.CONSENT: _consent,
    Kind.NUMBER: _amount,
    Kind.SLIDER: _amount,
    Kind.DATETIME: _moment,
    Kind.FILE: _file,
}


def group_name(group: str) -> str:
    return {
        "promoter": _("promoter"),
        "passive": _("passive"),
        "detractor": _("detractor"),
    }.get(group, group)


def score(response: Response) -> str:
    """The first NPS answer, else the first rating: at a glance, how it went."""
    definition = publishing.compiled(response.version_id)
    question = scored(definition, response.answers)
    if question is None:
        return ""
    return in_words(question, response.answers[question.key], definition)


def address(name: str, *args: object) -> str:
    """A page of another room's admin; empty while there is none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def linked(target: str, text: object) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', target, text) if target else str(text)


def records(response: Response) -> SafeString:
    """The records that the response is about, linked where a room knows them."""
    return format_html_join(
        ", ",
        "{}",
        ((record(name, str(key)),) for name, key in response.records.items()),
    )


def record(name: str, key: str) -> SafeString | str:
    return linked(record_links.link(name, key), f"{name} {key}")


def respondent(response: Response) -> str:
    invitation = response.invitation
    if invitation is None:
        return _("Web link")
    return invitation.email or invitation.name or _("Invited without address")


FLAGS = {
    Flag.TOO_FAST: gettext_lazy("too fast"),
    Flag.STRAIGHT_LINING: gettext_lazy("always the same"),
    Flag.BOT: gettext_lazy("like a machine"),
    Flag.DUPLICATE: gettext_lazy("said before"),
}


def flags(response: Response) -> str:
    """What is suspicious about the answers; blank where nothing is."""
    return ", ".join(str(FLAGS[Flag(flag)]) for flag in response.flags)
