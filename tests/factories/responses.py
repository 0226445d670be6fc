"""Responses with honest defaults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from deployments.links import hash_token, new_token
from responses import submission
from responses.models import Response
from surveys.models import SurveyVersion
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.surveys import publish_survey

STARTED = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ANSWERS = {"csat": 4, "nps": 9, "topics": ["speed"]}


def make_response(
    version: SurveyVersion,
    answers: dict[str, Any] | None = None,
    *,
    completed: bool = True,
    started_at: datetime = STARTED,
    seconds: int = 90,
    token: str = "",
    **fields: Any,
) -> Response:
    """A stored response; nobody is told of it (see `submit_response`)."""
    ended = started_at + timedelta(seconds=seconds)
    defaults: dict[str, Any] = {
        "survey_id": version.survey_id,
        "version": version,
        "answers": ANSWERS if answers is None else answers,
        "language": "en",
        "status": Response.Status.COMPLETED
        if completed
        else Response.Status.IN_PROGRESS,
        "started_at": started_at,
        "updated_at": ended if completed else started_at,
        "completed_at": ended if completed else None,
    }
    if "invitation" not in fields:
        defaults["token_hash"] = hash_token(token or new_token())
    return Response.objects.create(**defaults | fields)


def submit_response(
    version: SurveyVersion,
    answers: dict[str, Any] | None = None,
    *,
    now: datetime = STARTED,
    **fields: Any,
) -> Response:
    """A response completed by the act, so that everybody who listens is told."""
    response = make_response(
        version, answers, completed=False, started_at=now, **fields
    )
    submission.complete(response=response, now=now)
    return response


def link_to(document: dict[str, Any], **fields: Any) -> str:
    """A fresh tracking link (its path) of a survey with this document."""
    deployment = make_deployment(publish_survey(document).survey)
    invited = make_invitation(deployment, now=timezone.now(), **fields)
    return f"/s/{invited.token}/"


def pages(*questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pages p1, p2 … with these questions."""
    return [
        {"key": f"p{number}", "questions": page}
        for number, page in enumerate(questions, 1)
    ]
