"""A deployment goes live when nothing is missing; otherwise it says what is."""

from __future__ import annotations

import pytest

from deployments import sources
from deployments.going_live import NotReady, go_live, missing, pause
from deployments.models import Deployment, Trigger
from deployments.rules.coherence import contradictions
from surveys.models import Survey
from tests.factories.deployments import make_deployment, make_trigger


class Shop:
    key = "shop"

    def choices(self):
        return [("shop:main", "Main shop")]

    def problem(self, _source):
        return ""

    def objects(self, _source):
        return [("Order", "Order")]

    def fields(self, _source, _object_name):
        return [("email", "E-mail")]


@pytest.fixture
def ready(survey):
    before = dict(sources._sources)
    sources.register(Shop())
    deployment = make_deployment(survey, status=Deployment.Status.DRAFT)
    make_trigger(deployment, source="shop:main", object="Order", email_field="email")
    yield deployment
    sources._sources.clear()
    sources._sources.update(before)


def test_when_nothing_is_missing_it_goes_live_once(ready):
    assert go_live(deployment=ready) is True
    assert go_live(deployment=ready) is False

    assert ready.status == Deployment.objects.get().status == "live"


def test_a_live_deployment_can_be_paused(ready):
    go_live(deployment=ready)

    assert pause(deployment=ready) is True
    assert Deployment.objects.get().status == "paused"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: Survey.objects.update(live_version=None), "Publish the survey"),
        (lambda: Survey.objects.update(status="closed"), "it is closed"),
        (lambda: Trigger.objects.all().delete(), "Add a trigger"),
        (lambda: Trigger.objects.update(is_active=False), "Add a trigger"),
        (lambda: Trigger.objects.update(email_field=""), "in which field"),
        (lambda: Trigger.objects.update(source="fax:1"), "not connected any more"),
        (lambda: Trigger.objects.update(condition={"x": 1}), "cannot be read"),
        (lambda: Deployment.objects.update(sender_email="x@y"), "Correct the sender"),
    ],
)
def test_what_is_missing_is_said_and_nothing_goes_live(ready, change, words):
    change()
    deployment = Deployment.objects.get()

    with pytest.raises(NotReady) as caught:
        go_live(deployment=deployment)

    assert len(caught.value.problems) == 1
    assert words in caught.value.problems[0]
    assert Deployment.objects.get().status == "draft"


def test_a_sender_is_needed_when_the_house_has_none(ready, settings):
    ready.sender_email = ""
    settings.DEFAULT_FROM_EMAIL = "Tellback <tellback@localhost>"
    assert "Give the sender's address" in missing(ready)[0]

    settings.DEFAULT_FROM_EMAIL = "hello@tellback.example"
    assert missing(ready) == []


def test_links_need_neither_trigger_nor_sender(survey):
    links = make_deployment(survey, channel="links", status="draft", sender_email="")

    assert go_live(deployment=links)


def test_links_that_a_trigger_makes_need_one_that_works(ready):
    Deployment.objects.update(channel="links")
    Trigger.objects.update(email_field="")

    assert "in which field" in missing(Deployment.objects.get())[0]


def test_a_web_link_is_tried_without_an_address(survey):
    row = make_deployment(survey, channel="web", test_mode=True)

    assert missing(row) == []
    assert (
        list(contradictions({"channel": "web", "test_mode": True}, declared=())) == []
    )
