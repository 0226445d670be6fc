from __future__ import annotations

import pytest

from deployments.funnel import funnel
from responses.models import Response
from responses.standing import unfinished
from surveys import uses
from tests.factories.deployments import make_deployment
from tests.factories.responses import STARTED, make_response
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


def test_who_came_through_an_open_door_is_in_the_funnel(admin_client) -> None:
    version = publish_survey()
    row = make_deployment(version.survey, channel="web")
    for number in range(4):
        make_response(
            version,
            deployment=row,
            completed=number < 3,
            language="de" if number else "en",
        )
    make_response(version, deployment=row, is_test=True)

    told = funnel(deployment=row, now=STARTED)

    assert (told.asked, told.started, told.completed) == (0, 4, 3)
    assert [(one.name, one.started, one.completed) for one in told.languages] == [
        ("de", 3, 2),
        ("en", 1, 1),
    ]
    assert (told.days[-1].started, told.days[-1].completed) == (4, 3)
    page = admin_client.get(f"/admin/deployments/deployment/{row.pk}/change/")
    shown = page.content.decode()
    assert "3 · 75 %" in shown
    assert "Mailed" not in shown
    assert "When mails go out" not in shown
