"""A designer in Chromium: a survey with logic, German and a theme, from nothing to the
first answer; and themes in which axe finds nothing."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Page, expect

from responses.models import Response
from surveys.models import Page as SurveyPage
from surveys.models import Question, Survey
from tests.factories.deployments import make_deployment
from tests.factories.kinds import EVERY_KIND, of_kind
from tests.factories.surveys import publish_survey, survey_document
from tests.factories.themes import make_theme

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Any, live_server: Any) -> Page:
    """The admin's page for somebody who is logged in, whose console stays silent."""
    user = get_user_model().objects.create_superuser("ada", "ada@x.example")
    client = Client()
    client.force_login(user)
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 1000}
    )
    context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": live_server.url,
            }
        ]
    )
    return context.new_page()


def save(page: Page) -> None:
    page.locator("input[name=_save]").click()
    page.wait_for_load_state()


def add_question(page: Page, number: int, kind: str, english: str, german: str) -> None:
    page.get_by_role("link", name="Add a question").nth(number - 1).click()
    page.locator("[name=kind]").select_option(kind)
    page.locator("[name=text_en]").fill(english)
    page.locator("[name=text_de]").fill(german)


def order(survey: Survey) -> list[list[str]]:
    return [
        [one.key for one in part.questions.order_by("position", "pk")]
        for part in SurveyPage.objects.filter(survey=survey).order_by("position", "pk")
    ]


def make_the_theme(page: Page) -> None:
    page.goto("/admin/surveys/theme/add/")
    page.locator("[name=name]").fill("Acme")
    inside = page.frame_locator(".theme-screen iframe")
    expect(inside.get_by_text("Would you recommend us?")).to_be_visible()

    def accent() -> str:
        button = inside.locator(".go").first
        return str(button.evaluate("one => getComputedStyle(one).backgroundColor"))

    page.locator("[name=light_accent]").fill("#ffcc00")
    expect(inside.locator(".go").first).to_have_css(
        "background-color", "rgb(255, 204, 0)"
    )
    save(page)
    assert "4.5 : 1" in page.locator(".errorlist").first.inner_text()
    page.locator("[name=light_accent]").fill("#7a1fa2")
    expect(inside.locator(".go").first).to_have_css(
        "background-color", "rgb(122, 31, 162)"
    )
    assert accent() == "rgb(122, 31, 162)"
    save(page)


def test_a_survey_is_built_put_in_order_by_keyboard_published_and_answered(
    page: Page, browser: Any, live_server: Any
) -> None:
    make_the_theme(page)
    page.goto("/admin/surveys/survey/add/")
    page.locator("[name=title_en]").fill("After your order")
    page.locator("[name=title_de]").fill("Nach Ihrer Bestellung")
    page.locator("[name=theme]").select_option(label="Acme")
    save(page)
    survey = Survey.objects.get()
    for _number in range(2):
        page.get_by_role("link", name="Add a page").click()
        save(page)
    add_question(page, 1, "rating", "How was it?", "Wie war es?")
    save(page)
    add_question(page, 2, "long_text", "What went wrong?", "Was lief schief?")
    rule = page.locator(".field-show_if")
    rule.locator(".rows-add").click()
    rule.locator("[name$='-what']").select_option("question|how_was_it")
    rule.locator("[name$='-op']").select_option("le")
    rule.locator("[name$='-value']:visible").fill("2")
    save(page)
    add_question(page, 3, "short_text", "Your name", "Ihr Name")
    save(page)
    add_question(page, 3, "email", "Your address", "Ihre Adresse")
    save(page)
    assert order(survey) == [
        ["how_was_it"],
        ["what_went_wrong"],
        ["your_name", "your_address"],
    ]

    # By keyboard alone: to the arrow, and enter.
    page.get_by_role("button", name="Move “Your address” up").focus()
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.locator("[data-question] a").nth(2)).to_have_text("Your address")
    assert order(survey)[2] == ["your_address", "your_name"]
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 1 is live.")).to_be_visible()

    deployment = make_deployment(survey, channel="web")
    german = browser.new_context(base_url=live_server.url, locale="de-DE").new_page()
    german.goto(f"/w/{deployment.key}/")
    expect(german.get_by_role("heading", level=1)).to_have_text("Nach Ihrer Bestellung")
    expect(german.locator(".go").first).to_have_css(
        "background-color", "rgb(122, 31, 162)"
    )
    german.locator("input[name=how_was_it][value='2']").check(force=True)
    german.locator(".go").click()
    german.get_by_label("Was lief schief?").fill("Zu spät.")
    german.locator(".go").click()
    german.get_by_label("Ihre Adresse").fill("ada@example.com")
    german.locator(".go").click()
    expect(german.get_by_text("Vielen Dank").first).to_be_visible()
    response = Response.objects.get()
    assert response.language == "de"
    assert response.answers == {
        "how_was_it": 2,
        "what_went_wrong": "Zu spät.",
        "your_address": "ada@example.com",
    }


def test_a_question_is_dragged_to_another_page(page: Page) -> None:
    survey = publish_survey().survey
    page.goto(f"/admin/surveys/survey/{survey.pk}/change/")
    why, csat = (Question.objects.get(key=key) for key in ("why", "csat"))
    handle = page.locator(f"[data-question='{why.pk}'] .drag-handle")
    target = page.locator(f"[data-question='{csat.pk}']")

    handle.hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box is not None
    for step in (40, 20, 4):
        page.mouse.move(box["x"] + 200, box["y"] + step)
    page.mouse.up()

    expect(page.locator("[data-question] a").first).to_have_text("What went wrong?")
    assert order(survey) == [["why", "csat", "nps", "topics"], []]


@pytest.mark.parametrize(
    "look",
    [
        {},
        {"appearance": "dark", "colours": {"dark": {"paper": "#10131a"}}},
        {"colours": {"light": {"accent": "#7a1fa2", "paper": "#fff7e6"}}},
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_theme(browser, live_server, look, scheme) -> None:
    kinds = [of_kind(kind, required=kind == "nps") for kind in EVERY_KIND]
    pages = [
        {"key": "p1", "questions": kinds},
        {"key": "p2", "questions": [of_kind("consent", key="yes")]},
    ]
    survey = publish_survey(survey_document(pages=pages)).survey
    survey.theme = make_theme(**look)
    survey.save(update_fields=["theme"])
    deployment = make_deployment(survey, channel="web")
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    shown = context.new_page()

    shown.goto(f"{live_server.url}/w/{deployment.key}/")
    shown.locator(".go").click()
    expect(shown.locator("[role=alert]")).to_be_visible()

    found = Axe().run(shown)
    assert found.violations_count == 0, found.generate_report()
