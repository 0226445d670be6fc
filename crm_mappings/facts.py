"""Owns what can be mapped: the catalogue that people choose from, and the facts of
one response as the planner reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from crm_mappings.plan.response_facts import RESPONSE_FACTS
from crm_mappings.plan.sources import WORDING
from crm_mappings.plan.values import Facts
from responses import uploads
from responses.models import Response, Upload
from surveys import answers, logic, publishing
from surveys.answers.scoring import score
from surveys.definition import Definition, Kind, Question, say
from surveys.rich import bare

LONGEST_DURATION = 999_999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class FactInfo:
    """One value that a rule can name."""

    group: str
    label: str
    # The value-source document.
    source: dict[str, str]
    # number, text, boolean, list, date, id or any.
    type: str
    sample: object = None


def catalogue(
    definition: Definition,
    *,
    variables: Iterable[str] = (),
    records: Iterable[str] = (),
) -> list[FactInfo]:
    """Return every fact of a survey's responses, group by group.

    `variables` and `records` are what its deployments give beyond what it declares.
    """
    return [
        *_question_facts(definition),
        *_variable_facts(definition, variables),
        *_record_facts(records),
        *_response_facts(),
    ]


def read(response: Response) -> Facts:
    """Return what is known of a response. The link in it opens nothing to a stranger:
    it leads to the admin, and the respondent's own token is never in it."""
    definition = publishing.compiled(response.version_id)
    invited = response.invitation
    given = _answers(response, definition)
    return Facts(
        response={
            "recipient_email": invited.email if invited else None,
            "recipient_name": invited.name if invited else None,
            "key": str(response.key),
            "link": _link(response),
            "status": response.status,
            "language": response.language,
            "survey_key": definition.key,
            "survey_title": say(
                definition.title, response.language, definition.default_language
            ),
            "version": response.version.number,
            "collector": response.deployment.key if response.deployment else None,
            "started_at": _instant(response.started_at),
            "completed_at": _instant(response.completed_at),
            "duration_seconds": _duration(response),
            "score": score(definition, given),
            # Blank is good, so that a rule can ask for that.
            "quality": response.quality or None,
            # Rules count days from when the answers were given, so that a response
            # that is written later, or again, is written the same.
            "now": _instant(response.completed_at or response.updated_at),
        },
        definition=definition,
        answers=given,
        variables=response.variables,
        records=response.records,
    )


def _answers(response: Response, definition: Definition) -> Mapping[str, object]:
    """Only a survey that asks for files costs a question for their names. What is
    half way may hold answers that its path no longer reaches: they do not count."""
    if response.status == Response.Status.IN_PROGRESS:
        response.answers = logic.reachable_answers(
            definition, response.answers, response.variables
        )
    if all(question.kind is not Kind.FILE for question in definition.questions()):
        answers: Mapping[str, object] = response.answers
        return answers
    return uploads.described(response, _file_link)


def _file_link(upload: Upload) -> str:
    path = reverse("admin:responses_response_upload", args=[upload.key])
    return f"{settings.BASE_URL}{path}"


def _question_facts(definition: Definition) -> Iterator[FactInfo]:
    for question in definition.questions():
        text = say(
            question.text, definition.default_language, definition.default_language
        )
        for place, facet in enumerate(_facets(question, definition)):
            named = {} if place == 0 else {"facet": facet.name}
            yield FactInfo(
                group=_("Questions"),
                label=text if place == 0 else f"{text} – {facet.label}",
                source={"question": question.key, **named},
                type=facet.type,
                sample=facet.example,
            )
        yield FactInfo(
            group=_("Questions"),
            label=f"{text} – " + _("the question itself"),
            source={"question": question.key, "facet": WORDING},
            type="text",
            sample=bare(text),
        )


def _facets(question: Question, definition: Definition) -> tuple[answers.Facet, ...]:
    return answers.facets(question, definition.default_language)


def _variable_facts(
    definition: Definition, others: Iterable[str]
) -> Iterator[FactInfo]:
    labels = {one.key: one.label or one.key for one in definition.variables}
    for key in dict.fromkeys([*labels, *others]):
        yield FactInfo(
            group=_("Variables"),
            label=labels.get(key, key),
            source={"variable": key},
            type="any",
        )


def _record_facts(records: Iterable[str]) -> Iterator[FactInfo]:
    for name in dict.fromkeys(records):
        yield FactInfo(
            group=_("Records"),
            label=_("Id of the %(object)s that the response is about")
            % {"object": name},
            source={"record": name},
            type="id",
        )


def _response_facts() -> Iterator[FactInfo]:
    for fact in RESPONSE_FACTS.values():
        yield FactInfo(
            group=_("Response"),
            label=_(fact.label),
            source={"response": fact.name},
            type=fact.type,
            sample=fact.sample,
        )


def _link(response: Response) -> str:
    path = reverse("admin:responses_response_change", args=[response.pk])
    return f"{settings.BASE_URL}{path}"


def _instant(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _duration(response: Response) -> int | None:
    if response.completed_at is None:
        return None
    spent = response.completed_at - response.started_at
    return max(0, min(int(spent.total_seconds()), LONGEST_DURATION))
