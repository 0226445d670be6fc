"""An administrator maps an answer to a field, in a real browser."""

import re

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.test_respondent import new_link
from tests.factories.access import bearer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
    pytest.mark.xdist_group("system"),
]


@pytest.fixture
def page(browser):
    """A desktop browser that fails the test when a page complains."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108 - the library marks it
    yield page
    assert errors == []


@pytest.fixture
def editor(page, system):
    """The mapping editor, opened from the list by somebody who logged in."""
    base = system.ports.base_url
    page.goto(f"{base}/admin/login/?next=/admin/crm_mappings/mapping/")
    page.get_by_label("Username").fill(system.made["username"])
    page.get_by_label("Password").fill(system.made["password"])
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Answers onto the case").click()
    return page


def choose(page, box, words):
    """Type into a searchable select and take the first that fits, by keyboard."""
    box.fill(words)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def add_rule(page, field, value):
    step = page.locator("section.tb-step").first
    count = step.locator(".tb-rules > [role=group]").count()
    step.get_by_role("button", name="Add a field").click()
    rule = step.locator(".tb-rules > [role=group]").nth(count)
    choose(page, rule.get_by_role("combobox", name="Field in Salesforce"), field)
    rule = step.locator(".tb-rules > [role=group]").nth(count)
    choose(page, rule.get_by_role("combobox", name="Value").first, value)


def document(system):
    answer = requests.get(
        f"{system.ports.base_url}/api/v1/mappings/csat-to-case/",
        headers=bearer(system.made["api_key"]),
        timeout=10,
    )
    return answer.json()


def test_a_field_is_added_previewed_and_activated_by_keyboard(editor, system):
    page = editor
    make_a_response(page, system)
    add_rule(page, "Survey_Link__c", "link to the response")

    page.get_by_role("button", name="Save and preview").click()
    expect(page.locator("main, #content").first).to_contain_text("Survey_Link__c")
    page.go_back()
    page.get_by_role("button", name="Save and activate as a new revision").click()

    expect(page.locator(".tb-panel").first).to_contain_text("Revision 2")
    fields = [rule["field"] for rule in document(system)["steps"][0]["fields"]]
    assert "Survey_Link__c" in fields


def make_a_response(page, system):
    """Something to preview: somebody answers about a case that no one else uses."""
    tab = page.context.browser.new_context().new_page()
    tab.goto(new_link(system, records={"Case": case_id(system)}))
    tab.locator("input[name=csat][value='5']").check(force=True)
    tab.locator("input[name=nps][value='9']").check(force=True)
    tab.locator("button.go").click()


def case_id(system):
    rows = requests.get(
        f"{system.ports.org_url}/emulator/records/Case", timeout=10
    ).json()
    text = str(rows)
    return re.findall(r"500\w{15}", text)[-1]


def test_a_field_written_twice_is_refused_beside_the_rule_and_nothing_is_lost(
    editor, system
):
    page = editor
    before = document(system)
    add_rule(page, "CSAT", "what should we have done better")

    page.get_by_role("button", name="Save and activate as a new revision").click()

    expect(page.locator(".tb-error").first).to_be_visible()
    boxes = page.get_by_role("combobox", name="Field in Salesforce")
    assert [box.input_value()[:4] for box in boxes.all()].count("CSAT") == 2
    assert document(system) == before
