"""Responses are begun, saved and completed once, whoever else does the same."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection

from deployments.models import Invitation
from responses import submission
from responses.models import Response
from responses.signals import response_completed
from surveys.models import SurveyVersion
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import make_response
from tests.factories.surveys import publish_survey, survey_document, why

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
THREADS = 8


def together(act: Callable[[int], object]) -> list[object]:
    """Run the act in several threads that start at the same moment."""
    barrier = Barrier(THREADS)

    def run(number: int) -> object:
        try:
            barrier.wait()
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


@pytest.fixture
def told():
    """The responses that `response_completed` was sent for."""
    heard: list[int] = []

    def hear(response: Response, **_: object) -> None:
        heard.append(response.pk)

    response_completed.connect(hear)
    yield heard
    response_completed.disconnect(hear)


def begun(version: SurveyVersion, answers: dict | None = None) -> Response:
    return make_response(version, answers or {"csat": 5}, completed=False)


@pytest.mark.django_db
def test_completing_twice_tells_once(version, told):
    response = begun(version)
    late = Response.objects.get()

    assert submission.complete(response=response, now=NOW)
    assert not submission.complete(response=response, now=NOW)
    assert not submission.complete(response=late, now=NOW + timedelta(minutes=1))

    assert told == [response.pk]
    assert Response.objects.get().completed_at == NOW


@pytest.mark.django_db
def test_completing_with_a_gap_is_refused(version, told):
    response = begun(version, {"nps": 9})

    with pytest.raises(submission.Unfinished, match="p1") as caught:
        submission.complete(response=response, now=NOW)

    assert caught.value.page.key == "p1"
    assert not told


@pytest.mark.django_db
def test_completing_sees_what_another_tab_saved(version):
    stale = begun(version)
    submission.save_page(
        response=Response.objects.get(),
        page_key="p1",
        raw={"csat": ["1"], "nps": ["10"]},
        now=NOW,
    )

    assert submission.complete(response=stale, now=NOW)

    assert Response.objects.get().answers == {"csat": 1, "nps": 10}


@pytest.mark.django_db
def test_saving_adds_to_what_another_tab_saved(version):
    stale = begun(version, {"csat": 5, "nps": 1})
    other = Response.objects.get()
    raw = {"why": ["Slow"]}
    submission.save_page(response=other, page_key="p2", raw=raw, now=NOW)

    raw = {"csat": ["2"], "nps": ["1"]}
    submission.save_page(response=stale, page_key="p1", raw=raw, now=NOW)

    assert Response.objects.get().answers == {"csat": 2, "nps": 1, "why": "Slow"}


@pytest.mark.django_db
def test_saving_a_completed_response_changes_nothing(version):
    stale = begun(version)
    submission.complete(response=Response.objects.get(), now=NOW)

    saved = submission.save_page(
        response=stale, page_key="p1", raw={"csat": ["1"]}, now=NOW
    )

    assert saved == submission.Saved()
    assert stale.status == Response.Status.COMPLETED
    assert Response.objects.get().answers == {"csat": 5}


@pytest.mark.django_db
def test_saving_says_which_page_is_next(version):
    response = begun(version)

    saved = submission.save_page(
        response=response, page_key="p1", raw={"csat": ["4"], "nps": ["2"]}, now=NOW
    )
    assert saved.next_page is not None
    assert saved.next_page.key == "p2"
    assert response.last_page == "p1"

    saved = submission.save_page(response=response, page_key="p2", raw={}, now=NOW)
    assert saved.next_page is None


@pytest.mark.django_db
def test_page_off_the_path_is_not_saved(version):
    response = begun(version, {"csat": 5, "nps": 10})

    saved = submission.save_page(
        response=response, page_key="p2", raw={"why": ["Slow"]}, now=NOW
    )

    assert saved.next_page is not None
    assert Response.objects.get().answers == {"csat": 5, "nps": 10}


@pytest.mark.django_db
def test_unknown_page_is_refused(version):
    with pytest.raises(submission.UnknownPage, match="p9"):
        submission.save_page(response=begun(version), page_key="p9", raw={}, now=NOW)


@pytest.mark.django_db
def test_failing_listener_undoes_the_completion(version):
    def fail(**_: object) -> None:
        raise RuntimeError("outbox")

    invited = make_invitation(make_deployment(version.survey), now=NOW)
    response = make_response(
        version, {"csat": 5}, completed=False, invitation=invited.invitation
    )
    response_completed.connect(fail)
    try:
        with pytest.raises(RuntimeError, match="outbox"):
            submission.complete(response=response, now=NOW)
    finally:
        response_completed.disconnect(fail)

    assert Response.objects.get().status == Response.Status.IN_PROGRESS
    assert Invitation.objects.get().completed_at is None


@pytest.mark.django_db
def test_starting_twice_gives_the_same_response(version):
    invited = make_invitation(make_deployment(version.survey), now=NOW)

    first, second = (
        submission.start(
            submission.begin(
                invitation=invited.invitation,
                version=version,
                language=language,
                variables={},
                now=NOW,
            ),
            now=NOW,
        )
        for language in ("en", "de")
    )

    assert first == second
    assert second.language == "en"


@pytest.mark.django_db(transaction=True)
def test_of_many_who_complete_one_does(told):
    version = publish_survey()
    begun(version)

    def act(_number: int) -> bool:
        return submission.complete(response=Response.objects.get(), now=NOW)

    assert sorted(together(act)) == [False] * (THREADS - 1) + [True]
    assert len(told) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_start_one_does():
    version = publish_survey()
    invited = make_invitation(make_deployment(version.survey), now=NOW)

    def act(_number: int) -> int:
        response = submission.begin(
            invitation=Invitation.objects.get(pk=invited.invitation.pk),
            version=version,
            language="en",
            variables={},
            now=NOW,
        )
        return submission.start(response, now=NOW).pk

    assert len(set(together(act))) == 1
    assert Response.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_send_the_only_page_one_completes(told):
    version = publish_survey()
    deployment = make_deployment(version.survey)

    def act(number: int) -> object:
        response = submission.begin(
            deployment=deployment,
            version=version,
            language="en",
            variables={},
            now=NOW,
            token="the same",
        )
        raw = {"csat": [str(number % 5 + 1)], "nps": ["9"]}
        return submission.save_page(
            response=response, page_key="p1", raw=raw, now=NOW, completes=True
        )

    together(act)

    assert Response.objects.get().status == Response.Status.COMPLETED
    assert len(told) == 1


@pytest.mark.django_db(transaction=True)
def test_pages_saved_at_the_same_moment_are_all_kept():
    questions = [
        {"key": f"p{n}", "questions": [why(key=f"why{n}")]} for n in range(THREADS)
    ]
    version = publish_survey(survey_document(pages=questions))
    make_response(version, {}, completed=False)

    def act(number: int) -> object:
        return submission.save_page(
            response=Response.objects.get(),
            page_key=f"p{number}",
            raw={f"why{number}": [f"because {number}"]},
            now=NOW,
        )

    together(act)

    expected = {f"why{n}": f"because {n}" for n in range(THREADS)}
    assert Response.objects.get().answers == expected
