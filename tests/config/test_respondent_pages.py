"""A respondent's page takes the short way, and keeps what protects it on the long one."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.models import Deployment
from tests.factories.deployments import make_deployment
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.django_db


@pytest.fixture
def address() -> str:
    survey = publish_survey().survey
    make_deployment(survey, key="door", channel=Deployment.Channel.WEB)
    return "/w/door/"


def test_the_page_says_what_it_loads_and_that_nobody_frames_it(address):
    answer = Client().get(address)

    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert int(answer["Content-Length"]) == len(answer.content)
    assert not answer.cookies


def test_a_host_that_is_not_ours_is_refused(address, settings):
    settings.ALLOWED_HOSTS = ["ours.example"]

    assert Client(SERVER_NAME="theirs.example").get(address).status_code == 400
    assert Client(SERVER_NAME="ours.example").get(address).status_code == 200


def test_a_notice_speaks_the_language_of_the_browser():
    answer = Client().get("/w/nowhere/", headers={"accept-language": "de"})

    assert answer.status_code == 404
    assert answer["Content-Language"] == "de"


@pytest.mark.parametrize("path", ["/w/", "/s/nothing/opt-out/", "/w/door"])
def test_what_is_no_respondents_page_goes_the_long_way(address, path):
    answer = Client().get(path)

    assert answer.status_code in {301, 404}
    assert "Content-Security-Policy" in answer
