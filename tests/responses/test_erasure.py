"""Erasing a response takes the answers and the person away, everywhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.core import serializers

from deployments.invitations import InvitationCancelled, find
from deployments.models import Invitation, TriggerEvent
from deployments.rules import Event
from deployments.triggers import decide_waiting, receive
from responses.erasure import erase
from responses.models import Change, Response
from responses.results import overview, results
from responses.submission import complete, save_page
from surveys.models import Survey
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import make_deployment, make_invitation, make_trigger
from tests.factories.responses import STARTED, make_response

LATER = STARTED + timedelta(days=1)
ROOMS = {"surveys", "deployments", "responses", "crm_mappings"}


def everything() -> str:
    """All rows of all rooms as text."""
    found = []
    for model in apps.get_models():
        if model._meta.app_label in ROOMS:
            found.append(serializers.serialize("json", model.objects.all()))
    return "\n".join(found)


@pytest.fixture
def invited(deployment):
    return make_invitation(
        deployment,
        name="Ada Lovelace",
        records={"Case": "500SECRET"},
        variables={"agent": "Grace"},
        record_key="500SECRET",
        event_key="closed-500SECRET",
        now=STARTED,
    )


def test_nothing_that_identifies_is_left(version, invited, deployment):
    response = make_response(
        version,
        {"csat": 1, "why": "I am Ada and my phone is +44 20 7946"},
        invitation=invited.invitation,
        deployment=deployment,
        records={"Case": "500SECRET"},
        variables={"agent": "Grace"},
    )
    assert "Ada" in everything()

    assert erase(response=response, now=LATER)

    left = everything()
    for secret in (
        "Ada Lovelace",
        "ada@",
        "+44 20 7946",
        "500SECRET",
        "Grace",
        invited.token,
    ):
        assert secret not in left
    row = Response.objects.get()
    assert (row.status, row.answers) == ("erased", {})


def test_the_event_that_led_to_it_forgets_too(version):
    deployment = make_deployment(version.survey)
    make_trigger(deployment, condition=None)
    event = Event(
        source="salesforce:production",
        event_id="1",
        object="Case",
        record_id="500SECRET",
        fields={"Id": "500SECRET", "ContactEmail": "ada@example.com"},
        occurred_at=None,
    )
    receive(events=[event], now=STARTED)
    decide_waiting(now=STARTED)
    response = make_response(version, invitation=Invitation.objects.get())

    erase(response=response, now=LATER)

    assert TriggerEvent.objects.get().fields == {}
    assert "ada@" not in everything()


def test_erasing_twice_is_told_once(version):
    response = make_response(version)

    assert erase(response=response, now=LATER)
    assert not erase(response=response, now=LATER)
    assert Change.objects.count() == 1


def test_who_was_answering_cannot_bring_answers_back(version, invited, deployment):
    response = make_response(
        version, {}, completed=False, invitation=invited.invitation
    )
    stale = Response.objects.get()
    erase(response=response, now=LATER)

    save_page(response=stale, page_key="p1", raw={"csat": ["3"]}, now=LATER)
    completed = complete(response=stale, now=LATER)

    assert not completed
    assert Response.objects.get().answers == {}
    with pytest.raises(InvitationCancelled):
        find(invited.token, LATER)


def test_the_link_of_an_erased_answer_shows_no_questions(client, version, invited):
    response = make_response(version, invitation=invited.invitation)
    Invitation.objects.update(completed_at=STARTED)
    erase(response=Response.objects.get(pk=response.pk), now=LATER)

    page = client.get(f"/s/{invited.token}/", follow=True)

    assert 'name="csat"' not in page.content.decode()


def test_results_do_not_count_what_is_gone(version):
    make_response(version)
    erase(response=make_response(version), now=LATER)

    found = results(version.survey)

    assert (found.started, found.completed) == (1, 1)
    (row,) = overview(Survey.objects.all())
    assert (row.started, row.completed) == (1, 1)


def test_the_api_erases_for_a_key_that_may(client, version):
    response = make_response(version)
    url = f"/api/v1/responses/{response.key}/"

    reader = client.delete(url, headers=bearer(make_api_key("responses:read")))
    eraser = client.delete(url, headers=bearer(make_api_key("responses:erase")))

    assert reader.status_code == 403
    assert eraser.status_code == 204
    told = client.get(url, headers=bearer(make_api_key("responses:read"))).json()
    assert (told["status"], told["answers"], told["email"]) == ("erased", {}, None)
    again = client.delete(url, headers=bearer(make_api_key("responses:erase")))
    assert again.status_code == 204


def test_counts_by_status(client, version):
    make_response(version)
    make_response(version, completed=False)
    erase(response=make_response(version), now=LATER)
    headers = bearer(make_api_key("responses:read"))

    told = client.get(
        "/api/v1/responses/count/", {"survey": "support-csat"}, headers=headers
    )

    assert told.json() == {
        "survey": "support-csat",
        "completed": 1,
        "in_progress": 1,
        "screened_out": 0,
        "total": 2,
    }
