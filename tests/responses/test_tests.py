"""Answers that were given to try a survey: marked, kept out, and shown on request."""

from __future__ import annotations

import pytest

from deployments.models import Deployment
from responses.models import Response
from responses.results import overview, results
from surveys.models import Survey
from tests.factories.responses import make_response

pytestmark = pytest.mark.django_db


def test_answers_of_a_deployment_in_test_are_marked(client, deployment, invited, link):
    Deployment.objects.update(test_mode=True)

    client.post(link, {"page": "p1", "csat": "5", "nps": "10"})

    assert Response.objects.get().is_test


def test_answers_of_people_are_not(client, link):
    client.post(link, {"page": "p1", "csat": "5", "nps": "10"})

    assert not Response.objects.get().is_test


def test_results_leave_tests_out_unless_asked(version):
    make_response(version)
    make_response(version, is_test=True)

    assert results(version.survey).completed == 1
    assert results(version.survey, tests=True).completed == 2
    assert [(one.started, one.completed) for one in overview(Survey.objects.all())] == [
        (1, 1)
    ]


def test_results_page_says_how_many_it_leaves_out(admin_client, version, read):
    make_response(version)
    make_response(version, is_test=True)
    address = f"/admin/responses/response/results/{version.survey.key}/"

    page = read(admin_client.get(address))
    assert "1 test answer is left out" in page.text
    assert len(page.all("//table[@class='latest']/tbody/tr")) == 1
    page = read(admin_client.get(address + "?tests&days=7"))

    assert "With 1 test answer" in page.text


def test_list_of_responses_marks_tests(admin_client, version):
    make_response(version, is_test=True)

    page = admin_client.get("/admin/responses/response/")

    assert "(test)" in page.content.decode()
    assert admin_client.get("/admin/responses/response/?is_test__exact=0").status_code
