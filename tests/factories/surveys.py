"""Surveys with honest defaults: the support survey in English and German."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from surveys import drafting, publishing
from surveys.models import Survey, SurveyVersion

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def survey_document(**overrides: Any) -> dict[str, Any]:
    return {
        "key": "support-csat",
        "title": {"en": "How did we do?", "de": "Wie war's?"},
        "default_language": "en",
        "variables": [{"key": "agent", "label": "Agent", "open": True}],
        "pages": [
            {"key": "p1", "questions": [csat(), nps(), topics()]},
            {
                "key": "p2",
                "show_if": {"question": "nps", "op": "le", "value": 6},
                "questions": [why()],
            },
        ],
        **overrides,
    }


def csat(**overrides: Any) -> dict[str, Any]:
    return {
        "key": "csat",
        "kind": "rating",
        "text": {"en": "How satisfied are you?", "de": "Wie zufrieden sind Sie?"},
        "required": True,
        "min": 1,
        "max": 5,
        **overrides,
    }


def nps(**overrides: Any) -> dict[str, Any]:
    return {
        "key": "nps",
        "kind": "nps",
        "text": {
            "en": "Would you recommend us?",
            "de": "Würden Sie uns weiterempfehlen?",
        },
        **overrides,
    }


def topics(**overrides: Any) -> dict[str, Any]:
    return {
        "key": "topics",
        "kind": "multiple_choice",
        "text": {"en": "What was it about?", "de": "Worum ging es?"},
        "choices": [
            {"key": "speed", "label": {"en": "Speed", "de": "Tempo"}},
            {"key": "quality", "label": {"en": "Quality", "de": "Qualität"}},
        ],
        **overrides,
    }


def why(**overrides: Any) -> dict[str, Any]:
    return {
        "key": "why",
        "kind": "long_text",
        "text": {"en": "What went wrong?", "de": "Was lief schief?"},
        "max_length": 2000,
        **overrides,
    }


def make_survey(document: dict[str, Any] | None = None) -> Survey:
    return drafting.save_document(document=document or survey_document())


def publish_survey(
    document: dict[str, Any] | None = None, *, now: datetime = NOW
) -> SurveyVersion:
    return publishing.publish(survey=make_survey(document), now=now)
