"""The pages in Chromium: with and without JavaScript, by keyboard, under axe."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from responses.models import Response
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.surveys import (
    csat,
    nps,
    publish_survey,
    survey_document,
    topics,
    why,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HELLO = {"key": "hello", "kind": "statement", "text": {"en": "Four questions."}}


@pytest.fixture
def link(live_server: Any) -> str:
    """A survey with every kind on its first page."""
    questions = [
        HELLO,
        csat(min_label={"en": "Bad"}, max_label={"en": "Good"}),
        nps(help={"en": "0 is never."}),
        topics(),
        topics(key="team", kind="single_choice"),
        why(key="word", kind="short_text", text={"en": "One word"}, max_length=20),
        why(),
    ]
    pages = [
        {"key": "p1", "title": {"en": "Your call"}, "questions": questions},
        {"key": "p2", "questions": [why(key="more", required=True)]},
    ]
    deployment = make_deployment(publish_survey(survey_document(pages=pages)).survey)
    invited = make_invitation(deployment, now=timezone.now())
    return f"{live_server.url}/s/{invited.token}/"


def stored() -> Response:
    return Response.objects.get()


def test_survey_is_answered_without_javascript(browser, link):
    page = browser.new_context(java_script_enabled=False).new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))

    page.goto(link)
    page.get_by_label("4", exact=True).first.check()
    page.get_by_label("Speed").first.check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What went wrong?").fill("Slow")
    page.get_by_role("button", name="Send answers").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    response = Response.objects.get()
    assert response.status == Response.Status.COMPLETED
    assert response.answers == {"csat": 4, "topics": ["speed"], "more": "Slow"}
    assert complaints == []


@pytest.mark.parametrize("javascript", [True, False])
def test_errors_get_the_focus_and_lead_to_their_fields(browser, link, javascript):
    page = browser.new_context(java_script_enabled=javascript).new_page()
    page.goto(link)
    page.get_by_label("What went wrong?").fill("typed before")
    page.get_by_role("button", name="Continue").click()

    expect(page.locator("[role=alert]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")

    assert page.locator("input[name=csat]:focus").count() == 1
    assert page.get_by_label("What went wrong?").input_value() == "typed before"


def test_survey_is_answered_by_keyboard_alone(browser, link):
    page = browser.new_page()
    page.goto(link)
    page.keyboard.press("Tab")
    page.keyboard.press("5")
    page.keyboard.press("Tab")
    page.keyboard.press("1")
    page.keyboard.press("0")
    # Enter in the line of text sends the page on, and not back.
    page.get_by_label("One word").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Send answers")).to_be_visible()
    page.get_by_label("What went wrong?").fill("Nothing")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert stored().answers == {"csat": 5, "nps": 10, "more": "Nothing"}


def test_back_button_of_the_browser_changes_nothing_twice(browser, link):
    page = browser.new_page()
    page.goto(link)
    page.get_by_label("5 – Good").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Send answers")).to_be_visible()
    page.get_by_label("What went wrong?").fill("Nothing")
    page.get_by_role("button", name="Send answers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    before = Response.objects.values().get()

    page.go_back()

    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("already answered")
    assert Response.objects.values().get() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(browser, link, scheme, width):
    # axe is put into the page by script, which the policy of the page forbids.
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()

    def check() -> None:
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["target"]) for rule in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.goto(link)
    check()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    check()
    page.get_by_label("5 – Good").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Send answers")).to_be_visible()
    check()
    page.get_by_label("What went wrong?").fill("Nothing")
    page.get_by_role("button", name="Send answers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    check()
    page.goto(link.replace("/s/", "/s/no"))
    check()


def test_targets_are_large_enough(browser, link):
    page = browser.new_context(viewport={"width": 320, "height": 800}).new_page()
    page.goto(link)

    for control in page.locator(".step, .choice, form button, footer a").all():
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
