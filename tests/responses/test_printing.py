"""A page that is printed once holds nothing of the one it was printed for."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from deployments.models import Deployment
from responses.views.printing import Filler, printed
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.surveys import csat, publish_survey, survey_document

START = re.compile(r'name="start" value="([^"]+)"')


def own_page(erase: str, *, shared: bool = True) -> str:
    same = {"survey": "Ours", "body": "<b>"}
    return printed("respondent/notice.html", same, {"erase": erase}, shared=shared)


def test_what_is_somebodys_own_is_put_in_anew_and_escaped():
    assert 'href="/w/a/1/erase/"' in own_page("/w/a/1/erase/")
    assert 'href="/w/a/2/erase/"' in own_page("/w/a/2/erase/")
    assert "&quot;&gt;&lt;script&gt;" in own_page('"><script>')
    assert "erase" not in own_page("")


def test_a_page_for_all_reads_as_one_that_was_printed_for_one():
    assert own_page("/x/") == own_page("/x/", shared=False)
    assert "&lt;b&gt;" in own_page("/x/")


def test_a_text_with_something_to_fill_in_is_noticed():
    filler = Filler(lambda text: text.replace("{{name}}", "Ada"))

    assert (filler("Hello"), filler.is_used) == ("Hello", False)
    assert (filler("Hello {{name}}"), filler.is_used) == ("Hello Ada", True)


@pytest.mark.django_db
def test_everybody_begins_with_a_page_of_their_own():
    survey = publish_survey().survey
    make_deployment(survey, key="door", channel=Deployment.Channel.WEB)

    one, another = (START.findall(Client().get("/w/door/").text) for _again in "ab")

    assert len(one) == len(another) == 1
    assert one != another


@pytest.mark.django_db
def test_what_a_page_calls_one_person_it_does_not_call_the_next():
    questions = [csat(text={"en": "Hello {{variable.name}}?"})]
    document = survey_document(
        pages=[{"key": "p1", "questions": questions}],
        variables=[{"key": "name", "label": "Name", "open": True}],
    )
    deployment = make_deployment(publish_survey(document).survey)
    now = timezone.now()
    for name in ("Ada", "Bob"):
        link = make_invitation(
            deployment, email=f"{name}@example.com", variables={"name": name}, now=now
        )
        page = Client().get(f"/s/{link.token}/").text
        assert f"Hello {name}?" in page


@pytest.mark.django_db
def test_a_change_of_the_deployment_is_seen_at_once():
    survey = publish_survey().survey
    made = make_deployment(survey, key="door", channel=Deployment.Channel.WEB)
    Client().get("/w/door/")

    Deployment.objects.filter(pk=made.pk).update(asker="Acme")

    assert "Asked by Acme." in Client().get("/w/door/").text
