"""Owns the facts of a response that a rule or a condition can name, besides its
answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from surveys.conditions import NameInfo, ValueType
from surveys.wording import gettext_noop


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFact:
    """A fact of the response that a rule can name."""

    name: str
    label: str
    type: ValueType
    sample: str | int
    # The longest text that it can be.
    length: int = 0


RESPONSE_FACTS: Final[Mapping[str, ResponseFact]] = {
    fact.name: fact
    for fact in (
        ResponseFact(
            name="key",
            label=gettext_noop("Key of the response"),
            type="text",
            sample="0b9f1c52-7a5e-4a43-9a67-3f3f2f3f7d11",
            length=36,
        ),
        ResponseFact(
            name="link",
            label=gettext_noop("Link to the response in Tellback"),
            type="text",
            sample="https://tellback.example/admin/responses/response/42/change/",
            length=255,
        ),
        ResponseFact(
            name="status",
            label=gettext_noop("Status of the response"),
            type="text",
            sample="completed",
            length=12,
        ),
        ResponseFact(
            name="language",
            label=gettext_noop("Language of the response"),
            type="text",
            sample="en",
            length=16,
        ),
        ResponseFact(
            name="survey_key",
            label=gettext_noop("Key of the survey"),
            type="text",
            sample="support-csat",
            length=50,
        ),
        ResponseFact(
            name="survey_title",
            label=gettext_noop("Title of the survey"),
            type="text",
            sample="How did we do?",
            length=500,
        ),
        ResponseFact(
            name="version",
            label=gettext_noop("Version of the survey"),
            type="number",
            sample=3,
            length=6,
        ),
        ResponseFact(
            name="collector",
            label=gettext_noop("Key of the deployment"),
            type="text",
            sample="case-closed",
            length=50,
        ),
        ResponseFact(
            name="recipient_email",
            label=gettext_noop("Address that the invitation went to"),
            type="text",
            sample="ada@example.com",
            length=254,
        ),
        ResponseFact(
            name="recipient_name",
            label=gettext_noop("Name of the person who was invited"),
            type="text",
            sample="Ada Lovelace",
            length=200,
        ),
        ResponseFact(
            name="started_at",
            label=gettext_noop("When the respondent started"),
            type="date",
            sample="2026-01-31T13:45:00.000Z",
            length=24,
        ),
        ResponseFact(
            name="completed_at",
            label=gettext_noop("When the respondent finished"),
            type="date",
            sample="2026-01-31T13:47:30.000Z",
            length=24,
        ),
        ResponseFact(
            name="duration_seconds",
            label=gettext_noop("Seconds from start to finish"),
            type="number",
            sample=150,
            length=9,
        ),
        ResponseFact(
            name="score",
            label=gettext_noop("Score: the first NPS answer, or else the first rating"),
            type="number",
            sample=9,
            length=3,
        ),
        ResponseFact(
            name="quality",
            label=gettext_noop("Signs that the answers were not thought about"),
            type="text",
            sample="too_fast",
            length=44,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class ResponseNames:
    """The facts of a response as names that a condition can read."""

    def kind(self, source: str, name: str) -> NameInfo | None:
        if source != "response" or name not in RESPONSE_FACTS:
            return None
        return NameInfo(type=RESPONSE_FACTS[name].type)
