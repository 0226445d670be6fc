"""One wrong link of a thousand does not refuse the rest, where the call says so."""

from __future__ import annotations

import pytest

from deployments.models import Invitation
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import make_deployment
from tests.factories.surveys import publish_survey

URL = "/api/v1/tracking-links/"
GOOD = {"email": "ada@example.com", "event_key": "1"}
BAD = {"email": "nonsense", "event_key": "2"}


@pytest.fixture
def ask(client, db):
    make_deployment(publish_survey().survey, key="case-closed", channel="links")
    headers = bearer(make_api_key("links:write"))

    def ask(*links, partial=True, deployment="case-closed", **more):
        return client.post(
            URL,
            {"deployment": deployment, "links": links, "partial": partial},
            content_type="application/json",
            headers=headers | more,
        )

    return ask


def test_each_link_has_its_own_result_in_its_place(ask):
    undeclared = {"email": "eve@example.com", "variables": {"none": "x"}}
    answer = ask(BAD, GOOD, undeclared, {"email": "grace@example.com"})

    assert answer.status_code == 201
    wrong, made, odd, other = answer.json()
    assert wrong["email"] == "nonsense"
    assert (wrong["url"], wrong["created"]) == ("", False)
    assert list(wrong["problems"]) == ["email"]
    assert "/s/" in made["url"]
    assert made["created"] is True
    assert "problems" not in made
    assert list(odd["problems"]) == ["variables"]
    assert other["created"] is True
    assert Invitation.objects.count() == 2


def test_without_it_one_that_is_wrong_refuses_all(ask):
    answer = ask(BAD, GOOD, partial=False)

    assert answer.status_code == 400
    assert not Invitation.objects.exists()


def test_when_none_can_be_made_the_call_is_refused_and_may_be_mended(ask):
    once = {"Idempotency-Key": "one"}
    assert ask(BAD, **once).status_code == 400
    assert ask(GOOD, **once).status_code == 201


def test_a_repeated_call_gives_the_same_results(ask):
    once = {"Idempotency-Key": "one"}
    first = ask(BAD, GOOD, **once)

    assert ask(BAD, GOOD, **once).json() == first.json()
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize("links", [[], ["text"], [None, GOOD], [GOOD] * 1001])
def test_what_is_no_list_of_links_is_a_clear_error(ask, links):
    assert ask(*links).status_code in {201, 400}


def test_an_unknown_deployment_refuses_all(ask):
    assert ask(GOOD, deployment="none").status_code == 400
