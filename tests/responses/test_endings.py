"""How a survey ends: completed, screened out, or at a full quota."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from responses import submission
from responses.models import QuotaCount, Response
from responses.signals import response_completed
from surveys.models import Survey
from tests.factories.responses import ANSWERS as GIVEN
from tests.factories.responses import link_to, make_response, pages
from tests.factories.surveys import nps, publish_survey, survey_document, why

LOW = {"question": "nps", "op": "le", "value": 6}
Status = Response.Status


@pytest.fixture
def told() -> Any:
    """The responses that everybody heard of."""
    heard: list[Response] = []

    def listen(sender: Any, response: Response, **_more: Any) -> None:
        heard.append(response)

    response_completed.connect(listen)
    yield heard
    response_completed.disconnect(listen)


def document(**overrides: Any) -> dict[str, Any]:
    asked = pages([nps()], [why()])
    asked[0]["next"] = overrides.pop("next", [])
    return survey_document(pages=asked, **overrides)


@pytest.mark.django_db
def test_who_is_screened_out_reads_why_and_nobody_is_told(client, read, told):
    way = {"if": LOW, "screen_out": True, "text": {"en": "For {{nps}} there is less."}}
    link = link_to(document(next=[way]))

    page = read(client.post(link, {"page": "p1", "nps": "3"}, follow=True))

    assert "For 3 there is less." in page.text
    response = Response.objects.get()
    assert response.status == Status.SCREENED_OUT
    assert response.completed_at is not None
    assert response.invitation.completed_at is not None
    assert told == []
    again = read(client.get(link))
    assert "already" in again.text.lower()


@pytest.mark.django_db
def test_an_early_end_is_a_completed_response(client, read, told):
    way = {"if": LOW, "end": True, "text": {"en": "We call you."}}
    link = link_to(document(next=[way]))

    page = read(client.post(link, {"page": "p1", "nps": "3"}, follow=True))

    assert "We call you." in page.text
    assert [one.status for one in told] == [Status.COMPLETED]


@pytest.mark.django_db
def test_the_usual_text_of_screening_out_is_said_without_another(client, read):
    link = link_to(document(next=[{"if": LOW, "screen_out": True}]))

    page = read(client.post(link, {"page": "p1", "nps": "3"}, follow=True))

    assert "That was all" in page.text


@pytest.mark.django_db
def test_a_full_quota_screens_out_and_the_others_go_on(client, read, told):
    quota = {"key": "unhappy", "limit": 1, "if": LOW, "text": {"en": "Enough."}}
    survey = document(quotas=[quota])
    for email in ("a@example.com", "b@example.com"):
        link = link_to(survey, email=email)
        client.post(link, {"page": "p1", "nps": "3"})
        client.post(link, {"page": "p2", "why": "x"})
    happy = link_to(survey, email="c@example.com")
    client.post(happy, {"page": "p1", "nps": "10"})
    client.post(happy, {"page": "p2", "why": "x"})

    statuses = list(Response.objects.order_by("pk").values_list("status", flat=True))
    assert statuses == ["completed", "screened_out", "completed"]
    assert Response.objects.get(status="screened_out").full_quota == "unhappy"
    assert QuotaCount.objects.get().count == 1
    assert len(told) == 2
    assert "Enough." in read(client.get(f"{link}thanks/")).text


@pytest.mark.django_db
def test_a_full_quota_ends_the_survey_before_its_last_page(client, read):
    survey = document(quotas=[{"key": "unhappy", "limit": 1, "if": LOW}])
    version = publish_survey(survey)
    QuotaCount.objects.create(survey=version.survey, key="unhappy", count=1)

    link = link_to(survey)
    page = read(client.post(link, {"page": "p1", "nps": "3"}, follow=True))

    assert "That was all" in page.text
    assert Response.objects.get().status == Status.SCREENED_OUT


@pytest.mark.django_db
def test_the_last_of_a_quota_can_close_the_survey(client):
    survey = document(quotas=[{"key": "all", "limit": 1, "when_full": "close"}])
    link = link_to(survey)
    client.post(link, {"page": "p1", "nps": "3"})
    client.post(link, {"page": "p2", "why": "x"})

    assert Survey.objects.get().status == Survey.Status.CLOSED


@pytest.mark.django_db
def test_two_quotas_are_taken_together_or_not_at_all():
    quotas = [
        {"key": "a_all", "limit": 10},
        {"key": "b_low", "limit": 1, "if": LOW},
    ]
    version = publish_survey(document(quotas=quotas))
    QuotaCount.objects.create(survey=version.survey, key="b_low", count=1)
    response = make_response(version, {"nps": 3}, completed=False)

    submission.complete(response=response, now=timezone.now())

    assert response.status == Status.SCREENED_OUT
    assert not QuotaCount.objects.filter(key="a_all", count__gt=0).exists()


@pytest.mark.django_db
def test_who_is_screened_out_takes_no_place():
    survey = document(
        next=[{"if": LOW, "screen_out": True}], quotas=[{"key": "all", "limit": 5}]
    )
    response = make_response(publish_survey(survey), {"nps": 3}, completed=False)

    submission.complete(response=response, now=timezone.now())

    assert not QuotaCount.objects.exists()


@pytest.mark.django_db
def test_a_survey_without_quotas_asks_for_none(django_assert_max_num_queries):
    version = publish_survey()
    response = make_response(version, GIVEN, completed=False)

    submission.complete(response=response, now=timezone.now())

    assert response.status == Status.COMPLETED
    assert not QuotaCount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_more_than_the_quota_are_taken_when_many_finish_at_once():
    version = publish_survey(document(quotas=[{"key": "all", "limit": 5}]))
    keys = [make_response(version, {"nps": 9}, completed=False).pk for _ in range(12)]
    gate = Barrier(4)

    def finish(part: list[int]) -> None:
        gate.wait()
        try:
            for pk in part:
                response = Response.objects.select_related("survey").get(pk=pk)
                submission.complete(response=response, now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(finish, [keys[start::4] for start in range(4)]))
    connections.close_all()

    assert Response.objects.filter(status=Status.COMPLETED).count() == 5
    assert Response.objects.filter(status=Status.SCREENED_OUT).count() == 7
    assert QuotaCount.objects.get().count == 5
