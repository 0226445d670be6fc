from __future__ import annotations

import pytest

from responses.models import Response
from responses.standing import unfinished
from surveys import uses
from tests.factories.surveys import NOW, publish_survey

pytestmark = pytest.mark.django_db


def test_half_way_responses_are_counted_by_version() -> None:
    version = publish_survey()
    for status in ("in_progress", "in_progress", "completed"):
        Response.objects.create(
            survey=version.survey,
            version=version,
            status=status,
            language="en",
            started_at=NOW,
            updated_at=NOW,
            completed_at=NOW if status == "completed" else None,
        )

    assert unfinished(version.survey) == {version.pk: 2}
    assert uses.unfinished_of(version.survey) == {version.pk: 2}


def test_a_question_that_somebody_answered_is_known() -> None:
    version = publish_survey()
    Response.objects.create(
        survey=version.survey,
        version=version,
        answers={"topics": ["speed"]},
        language="en",
        started_at=NOW,
        updated_at=NOW,
    )

    assert uses.is_answered(version.survey, "topics")
    assert not uses.is_answered(version.survey, "nps")
