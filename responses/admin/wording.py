"""Says in words what a response holds: answers, score, records, durations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from responses import record_links
from responses.models import Response
from surveys import answers, publishing
from surveys.definition import Definition, Kind, Question, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One question and its answer in words."""

    key: str
    question: str
    answer: str


def said(response: Response) -> Iterator[Said]:
    """Each question of the response's version, answered or not, in order."""
    definition = publishing.compiled(response.version_id)
    for question in definition.questions():
        if question.kind is not Kind.STATEMENT:
            yield Said(
                key=question.key,
                question=say(question.text, definition.default_language, ""),
                answer=in_words(
                    question, response.answers.get(question.key), definition
                ),
            )


def in_words(question: Question, answer: object, definition: Definition) -> str:
    """The answer as a person would say it; an empty string when there is none."""
    if answer is None:
        return ""
    language = definition.default_language
    match question.kind:
        case Kind.NPS:
            group = str(answers.facet(question, answer, "group", language))
            return f"{answer} ({group_name(group)})"
        case Kind.RATING:
            return _rating(question, answer, language)
        case Kind.SINGLE_CHOICE:
            label = answers.facet(question, answer, "label", language)
            return str(label or answer)
        case Kind.MULTIPLE_CHOICE:
            chosen = answer if isinstance(answer, list) else [answer]
            labels = [question.choice(key) for key in chosen]
            return ", ".join(
                say(choice.label, language, "") if choice else str(key)
                for choice, key in zip(labels, chosen, strict=True)
            )
        case _:
            return str(answer)


def _rating(question: Question, answer: object, language: str) -> str:
    text = _("%(value)s of %(highest)s") % {"value": answer, "highest": question.max}
    label = answers.facet(question, answer, "label", language)
    return f"{text} ({label})" if label and str(label) != str(answer) else text


def group_name(group: str) -> str:
    return {
        "promoter": _("promoter"),
        "passive": _("passive"),
        "detractor": _("detractor"),
    }.get(group, group)


def score(response: Response) -> str:
    """The first NPS answer, else the first rating: at a glance, how it went."""
    definition = publishing.compiled(response.version_id)
    for kind in (Kind.NPS, Kind.RATING):
        for question in definition.questions():
            answer = response.answers.get(question.key)
            if question.kind is kind and answer is not None:
                return in_words(question, answer, definition)
    return ""


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


def duration(seconds: float | None) -> str:
    """Seconds, minutes or hours: two units at most."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return ngettext("%(n)s second", "%(n)s seconds", whole) % {"n": whole}
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        text = _("%(minutes)s min %(seconds)s s") if rest else _("%(minutes)s min")
        return text % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    days = hours // 24
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
