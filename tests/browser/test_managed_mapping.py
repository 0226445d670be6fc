"""From the NPS survey to its answers in Salesforce, by pressing buttons alone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.factories import nps
from tests.factories.processes import eventually

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
    pytest.mark.xdist_group("system"),
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


@pytest.fixture
def page(browser, system):
    """A desktop browser, logged in, that fails the test when a page complains."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda said: faults.append(said.text) if "Policy" in said.text else 0
    )
    page.goto(f"{system.ports.base_url}/admin/login/?next=/admin/")
    page.fill("#id_username", system.made["username"])
    page.fill("#id_password", system.made["password"])
    page.locator("[type=submit]").click()
    yield page
    assert faults == []


def accessible(page):
    """Judged beside the page: the judge puts styles of its own in."""
    other = page.context.new_page()
    other.goto(page.url)
    found = Axe().run(other, options=RULES)
    other.close()
    assert found.violations_count == 0, found.generate_report()


def propose(page, system):
    page.goto(f"{system.ports.base_url}/admin/crm_mappings/mapping/")
    page.get_by_role("link", name="Make a managed mapping").click()
    page.get_by_label("Survey").select_option(nps.KEY)
    page.get_by_label("Connection").select_option("demo-org")
    page.get_by_role("button", name="See what is there").click()


def answer(page, url):
    page.goto(url)
    page.locator("#q-nps-9").check()
    page.locator("button.go").click()
    page.get_by_label("What do you value most about us?").fill("You answer. Grüße!")
    page.locator("button.go").click()
    page.get_by_role("heading", name="Thank").wait_for()


def test_the_nps_survey_is_deployed_activated_answered_and_seen_in_the_org(
    page, system
):
    nps.publish_nps(system)
    contact = nps.rows(system, "Contact")[0]
    account = contact["AccountId"]

    propose(page, system)
    expect(page.get_by_role("heading", name="What would come")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Only validate").click()
    page.get_by_text("Salesforce would accept all of it").wait_for(timeout=60_000)
    page.get_by_role("button", name="Create it in Salesforce").click()
    page.get_by_text("Everything is there, and the mapping is made").wait_for(
        timeout=60_000
    )
    accessible(page)
    page.get_by_role("link", name="Open the mapping, check it and activate it").click()
    page.get_by_role("button", name="Activate").first.click()
    page.get_by_text("runs for every response from now on").wait_for()

    records = {"Contact": contact["Id"], "Account": account}
    guest = page.context.browser.new_context().new_page()
    answer(guest, nps.ask(system, contact["Email"], records=records))

    [row] = eventually(lambda: nps.rows(system, "Tellback_Response__c"))
    assert row["NPS__c"] == row["Score__c"] == 9
    assert row["NPS_Group__c"] == "promoter"
    assert row["Best__c"] == "You answer. Grüße!"
    assert row["Contact__c"] == contact["Id"]
    kept = eventually(
        lambda: [
            one
            for name in ("Contact", "Account")
            for one in nps.rows(system, name)
            if one.get("Tellback_Last_NPS__c") == 9
        ]
    )
    assert {one["Id"] for one in kept} == {contact["Id"], account}

    propose(page, system)
    expect(page.get_by_text("Everything is there")).to_be_visible()
