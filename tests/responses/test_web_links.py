"""Web links: one address for everybody, one response for each visitor."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.models import Deployment
from responses.models import Response
from tests.factories.deployments import make_deployment

pytestmark = pytest.mark.django_db


def test_first_page_is_shown_without_a_response(client, web, read):
    page = read(client.get(web))

    assert page.response.status_code == 200
    assert page.action == web
    assert not Response.objects.exists()


def test_first_post_begins_and_goes_on_under_a_secret_address(client, web, read):
    page = read(client.get(web))

    answer = client.post(web, {**page.form, "csat": "4", "nps": "2"})

    assert answer.status_code == 303
    address, _mark, query = answer.headers["Location"].partition("?")
    assert query == "page=p2"
    assert address.startswith(web)
    response = Response.objects.get()
    assert response.deployment.key == "feedback"
    assert response.token_hash not in address
    page = read(Client().get(answer.headers["Location"]))
    assert page.form["page"] == ["p2"]
    answer = Client().post(address, {**page.form, "why": "Slow"}, follow=True)
    assert answer.redirect_chain == [(f"{address}thanks/", 303)]
    assert Response.objects.get().status == Response.Status.COMPLETED


def test_two_visitors_are_two_responses(web, read):
    for _visitor in range(2):
        client = Client()
        client.post(web, {**read(client.get(web)).form, "csat": "4"})

    assert Response.objects.count() == 2


def test_form_that_is_sent_twice_is_one_response(client, web, read):
    form = read(client.get(web)).form

    first = client.post(web, {**form, "csat": "4"})
    again = client.post(web, {**form, "csat": "1"})

    assert first.headers["Location"] == again.headers["Location"]
    assert Response.objects.get().answers == {"csat": 4}


@pytest.mark.parametrize("start", [None, "", "made-up", "a:b", "\x00"])
def test_form_without_a_start_of_ours_begins_all_the_same(client, web, start):
    data = {"page": "p1", "csat": "4"} | ({"start": start} if start is not None else {})

    client.post(web, data)

    assert Response.objects.get().status == Response.Status.COMPLETED


def test_start_of_another_web_link_is_not_taken(client, web, version, read):
    make_deployment(version.survey, key="other", channel=Deployment.Channel.WEB)
    form = read(client.get("/w/other/")).form
    client.post("/w/other/", {**form, "csat": "1"})

    client.post(web, {**form, "csat": "2"})

    assert Response.objects.count() == 2


def test_refused_page_goes_on_where_it_was_begun(client, web, read):
    form = read(client.get(web)).form

    page = read(client.post(web, {**form, "nps": "9"}))

    assert page.response.status_code == 422
    assert page.action.startswith(web)
    assert page.action != web
    client.post(page.action, {**page.form, "csat": "3"})
    assert Response.objects.get().answers == {"csat": 3, "nps": 9}


def test_open_variables_of_the_link_reach_the_response(client, web, read):
    form = read(client.get(web + "?agent=E-17&secret=1")).form

    client.post(web, {**form, "csat": "3"})

    assert Response.objects.get().variables == {"agent": "E-17"}


def test_unknown_web_link_is_said_kindly(client, read):
    page = read(client.get("/w/nothing/"))

    assert page.response.status_code == 404
    assert "does not work" in page.text


@pytest.mark.parametrize(
    "changes",
    [
        {"status": Deployment.Status.PAUSED},
        {"status": Deployment.Status.DRAFT},
        {"channel": Deployment.Channel.LINKS},
    ],
)
def test_web_link_that_is_not_live_is_not_open(client, web, changes):
    Deployment.objects.update(**changes)

    assert client.get(web).status_code == 404
    assert client.post(web, {"page": "p1", "csat": "4"}).status_code == 404
    assert not Response.objects.exists()


def test_whoever_began_may_finish_when_the_link_is_paused(client, web, read):
    form = read(client.get(web)).form
    target = client.post(web, {**form, "csat": "4", "nps": "2"}).headers["Location"]
    Deployment.objects.update(status=Deployment.Status.PAUSED)

    assert client.get(target).status_code == 200


def test_token_of_one_web_link_opens_no_other(client, web, version, read):
    make_deployment(version.survey, key="other", channel=Deployment.Channel.WEB)
    form = read(client.get(web)).form
    target = client.post(web, {**form, "csat": "4", "nps": "2"}).headers["Location"]

    assert client.get(target.replace("feedback", "other")).status_code == 404
    assert client.get(f"{web}guess/").status_code == 404


def test_hash_of_a_token_opens_nothing(client, web, read):
    form = read(client.get(web)).form
    client.post(web, {**form, "csat": "4", "nps": "2"})

    assert client.get(f"{web}{Response.objects.get().token_hash}/").status_code == 404
