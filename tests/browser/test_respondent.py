"""A respondent in a real browser, with and without JavaScript."""

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.factories.access import bearer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
    pytest.mark.xdist_group("system"),
]


def new_link(system, **link):
    """Ask the API for a tracking link, as a back office does."""
    answer = requests.post(
        f"{system.ports.base_url}/api/v1/tracking-links/",
        json={
            "deployment": "case-closed",
            "links": [{"email": "grace@example.com", **link}],
        },
        headers=bearer(system.made["api_key"]),
        timeout=10,
    )
    assert answer.status_code == 201, answer.text
    return answer.json()[0]["url"]


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(browser, request):
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, java_script_enabled=request.param
    )
    return context.new_page()


def test_two_pages_are_answered_and_a_second_visit_says_so(page, system):
    link = new_link(system)
    page.goto(link)

    page.locator("input[name=csat][value='2']").check(force=True)
    page.locator("input[name=nps][value='3']").check(force=True)
    page.locator("button.go").click()
    page.locator("textarea[name=why]").fill("Too slow.")
    page.locator("button.go").click()

    expect(page.locator("main")).to_contain_text("Thank you")
    page.goto(link)
    assert "already" in page.locator("main").inner_text().lower()


def test_a_missing_answer_is_named_beside_it_and_nothing_typed_is_lost(page, system):
    page.goto(new_link(system))

    page.locator("input[name=nps][value='3']").check(force=True)
    page.locator("button.go").click()

    errors = page.locator("[role=alert]")
    expect(errors).to_be_visible()
    assert page.locator("input[name=nps][value='3']").is_checked()
    errors.locator("a").first.click()
    assert "#" in page.url


def test_a_happy_person_is_not_asked_what_went_wrong(page, system):
    page.goto(new_link(system))

    page.locator("input[name=csat][value='5']").check(force=True)
    page.locator("input[name=nps][value='10']").check(force=True)
    page.locator("button.go").click()

    expect(page.locator("main")).to_contain_text("Thank you")


def test_a_german_is_asked_in_german(page, system):
    page.goto(new_link(system, language="de"))

    assert page.locator("html").get_attribute("lang") == "de"
    assert "Wie zufrieden" in page.locator("main").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, system, scheme):
    context = browser.new_context(
        viewport={"width": 320, "height": 740}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto(new_link(system))
    page.locator("button.go").click()
    expect(page.locator("[role=alert]")).to_be_visible()

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_page_sets_no_cookie_and_asks_nobody_else(browser, system):
    context = browser.new_context()
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))

    page.goto(new_link(system))

    assert context.cookies() == []
    assert all(url.startswith(system.ports.base_url) for url in asked)
    assert complaints == []
