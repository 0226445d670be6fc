"""Pages that turn in place, and answers that survive whatever happens between."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from responses.models import Response
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.kinds import of_kind
from tests.factories.processes import eventually
from tests.factories.surveys import csat, nps, publish_survey, survey_document, why

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def link(live_server: Any) -> str:
    pages = [
        {"key": "p1", "title": {"en": "First"}, "questions": [csat(), nps()]},
        {
            "key": "p2",
            "title": {"en": "Second"},
            # Called as a form's own property is.
            "questions": [of_kind("slider", "action", required=True), why()],
        },
    ]
    deployment = make_deployment(publish_survey(survey_document(pages=pages)).survey)
    invited = make_invitation(deployment, now=timezone.now())
    return f"{live_server.url}/s/{invited.token}/"


@pytest.fixture
def page(browser: Any, link: str) -> Any:
    page = browser.new_page()
    page.goto(link)
    # Gone with the document, if the page were loaded anew.
    page.evaluate("window.stayed = true")
    return page


def answers() -> Any:
    response = Response.objects.first()
    return response and response.answers


def go_on(page: Any) -> None:
    page.locator("button.go").click()


def fill_first(page: Any) -> None:
    page.locator("input[name=csat][value='4']").check(force=True)
    go_on(page)
    expect(page.locator("h1")).to_have_text("Second")


def test_pages_turn_without_a_reload(page, link):
    fill_first(page)

    assert page.url == f"{link}?page=p2"
    assert "(page 2 of 2)" in page.title()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    assert page.evaluate("scrollY") == 0
    page.locator("input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.locator("textarea").fill("Nothing")
    go_on(page)
    expect(page.locator("h1")).to_have_text("Thank you")

    assert page.evaluate("window.stayed") is True
    assert answers() == {"csat": 4, "action": 55, "why": "Nothing"}
    assert page.url == f"{link}thanks/"


def test_an_error_is_shown_in_place_and_gets_the_focus(page):
    go_on(page)

    expect(page.locator("[role=alert]")).to_be_focused()
    assert page.title().startswith("Error:")
    page.locator("[role=alert] a").click()
    page.go_back()
    assert page.locator("[role=alert]").is_visible()
    assert page.evaluate("window.stayed") is True


def test_the_back_button_of_the_browser_goes_back_a_page(page):
    fill_first(page)
    page.locator("textarea").fill("Half a sent")

    page.go_back()

    expect(page.locator("h1")).to_have_text("First")
    assert page.locator("input[name=csat][value='4']").is_checked()
    page.go_forward()
    expect(page.locator("textarea")).to_have_value("Half a sent")


def test_answers_are_saved_as_they_are_given(page, link, browser):
    page.locator("input[name=csat][value='4']").check(force=True)
    assert eventually(answers) == {"csat": 4}
    page.locator("input[name=nps][value='9']").focus()
    page.keyboard.press("1")
    page.keyboard.press("0")
    assert eventually(lambda: (answers() or {}).get("nps") == 10)

    other = browser.new_context(java_script_enabled=False).new_page()
    other.goto(link)

    assert other.locator("input[name=csat][value='4']").is_checked()


def test_offline_keeps_what_was_typed_and_says_so(page):
    fill_first(page)
    page.locator("[name=action]").fill("20")
    page.locator("textarea").fill("Written in a tunnel")
    page.context.set_offline(True)
    go_on(page)

    alert = page.locator("[role=alert]")
    expect(alert).to_be_focused()
    assert "still here" in alert.inner_text()
    assert page.locator("textarea").input_value() == "Written in a tunnel"
    page.context.set_offline(False)
    go_on(page)
    expect(page.locator("h1")).to_have_text("Thank you")
    assert answers()["why"] == "Written in a tunnel"


@pytest.mark.parametrize("status", [502, 503])
def test_a_server_in_trouble_keeps_what_was_typed_and_says_so(page, status):
    fill_first(page)
    page.locator("[name=action]").fill("20")
    page.locator("textarea").fill("Long thoughts")
    page.route("**/s/**", lambda route: route.fulfill(status=status, body="Bad"))
    go_on(page)

    assert "still here" in page.locator("[role=alert]").inner_text()
    page.unroute("**/s/**")
    go_on(page)
    expect(page.locator("h1")).to_have_text("Thank you")
    assert answers()["why"] == "Long thoughts"


def test_too_much_at_once_is_said_beside_what_was_typed(page, settings):
    fill_first(page)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000
    page.locator("[name=action]").fill("20")
    page.locator("textarea").fill("x" * 5_000)
    go_on(page)

    expect(page.locator("[role=alert]")).to_contain_text("too much")
    assert len(page.locator("textarea").input_value()) == 5_000


def test_a_double_click_sends_one_page(page):
    posts = []
    page.on("request", lambda one: posts.append(one) if one.method == "POST" else 0)
    page.locator("input[name=csat][value='4']").check(force=True)

    page.locator("button.go").dblclick()
    expect(page.locator("h1")).to_have_text("Second")

    turns = [one for one in posts if "go=next" in (one.post_data or "")]
    assert len(turns) == 1
    assert Response.objects.count() == 1
