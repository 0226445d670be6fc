"""A draft at the mapping editor: narrowed by words, without scripts, for everybody."""

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

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
KEY = "drafted-in-a-browser"


def call(system, method, path, **more):
    answer = requests.request(
        method,
        f"{system.ports.base_url}/api/v1/{path}",
        headers=bearer(system.made["api_key"]),
        timeout=20,
        **more,
    )
    assert answer.status_code < 300, answer.text
    return answer.json()


def log_in(page, system):
    page.goto(f"{system.ports.base_url}/admin/login/")
    page.fill("#id_username", system.made["username"])
    page.fill("#id_password", system.made["password"])
    page.locator("[type=submit]").click()


def open_draft(page, system):
    """Put a draft of one rule back and open it in the editor."""
    rule = {"field": "CSAT__c", "value": {"question": "csat"}}
    step = {"key": "case", "action": "update", "object": "Case"}
    draft = {
        "name": "Drafted in a browser",
        "survey": "support-csat",
        "connection": "demo-org",
        "steps": [{**step, "find": [{"record": "Case"}], "fields": [rule]}],
    }
    call(system, "PUT", f"mappings/{KEY}/", json=draft)
    log_in(page, system)
    page.goto(f"{system.ports.base_url}/admin/crm_mappings/mapping/")
    page.get_by_role("link", name="Drafted in a browser").click()


def rules(system):
    (step,) = call(system, "GET", f"mappings/{KEY}/")["steps"]
    return {rule["field"]: rule["value"] for rule in step["fields"]}


def test_words_narrow_the_choices_and_the_row_is_saved(browser, system):
    page = browser.new_context().new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda said: faults.append(said.text) if "Policy" in said.text else 0
    )
    open_draft(page, system)

    page.get_by_role("button", name="Add a field").click()
    added = page.get_by_role("group", name="Field 2")
    field = added.get_by_role("combobox", name="Field in Salesforce")
    field.fill("nps group")
    expect(page.locator("li[role=option]")).to_have_count(1)
    field.press("Enter")
    row = page.get_by_role("group", name="Field 2 NPS Group")
    value = row.get_by_role("combobox", name="Value", exact=True)
    value.fill("recommend group")
    value.press("Enter")
    page.locator(".tb-bar").get_by_role("button", name="Save draft").click()
    page.get_by_text("The draft is saved.").wait_for()

    assert rules(system) == {
        "CSAT__c": {"question": "csat"},
        "NPS_Group__c": {"question": "nps", "facet": "group"},
    }
    assert faults == []


def test_the_editor_does_without_scripts(browser, system):
    page = browser.new_context(java_script_enabled=False).new_page()
    open_draft(page, system)

    page.get_by_role("button", name="Add a field").click()
    page.locator("[name=steps-0-rules-1-field]").fill("NPS__c")
    page.locator("[name=steps-0-rules-1-source]").fill("question.nps")
    page.locator(".tb-bar").get_by_role("button", name="Save draft").click()

    assert rules(system)["NPS__c"] == {"question": "nps"}


@pytest.mark.parametrize("width", [390, 1280])
def test_the_editor_can_be_used_by_everybody(browser, system, width):
    viewport = {"width": width, "height": 800}
    page = browser.new_context(viewport=viewport, bypass_csp=True).new_page()
    open_draft(page, system)
    page.get_by_role("button", name="Only do this step if").click()
    page.get_by_text("Add a comparison").wait_for()
    page.locator(".tb-more > summary").first.click()

    found = Axe().run(page, context="#content", options=RULES)

    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
