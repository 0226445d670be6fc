"""An administrator makes a mapping of several steps, tries it, lets it run, and finds
what it wrote in the org."""

import time

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.test_mapping_drafts import log_in
from tests.browser.test_respondent import new_link
from tests.factories.org import RunningOrg

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
    pytest.mark.xdist_group("system"),
]
NAME = "Whom to call back"
EMAIL = "nobody-knows-me@example.com"


class Step:
    """One step of the editor, worked on as a person does."""

    def __init__(self, page, number):
        self.page = page
        self.number = number

    @property
    def box(self):
        return self.page.locator("section.tb-step").nth(self.number)

    def select(self, label, option):
        self.box.get_by_label(label, exact=True).select_option(option)
        self.settle()

    def pick(self, box, words):
        """Type words and take the first that fits, by keyboard."""
        box.fill(words)
        expect(self.page.locator("li[role=option]:visible").first).to_be_visible()
        box.press("Enter")
        self.settle()

    def settle(self):
        expect(self.page.locator("#editor[aria-busy]")).to_have_count(0)

    def object(self, words):
        self.pick(self.box.get_by_role("combobox", name="Object"), words)

    def rule(self, value, field, constant=None):
        rules = self.box.locator(".tb-rules > [role=group]")
        count = rules.count()
        last = rules.nth(count - 1) if count else None
        if (
            last is None
            or last.get_by_role("combobox", name="Value").first.input_value()
        ):
            self.box.get_by_role("button", name="Add a field").click()
            self.settle()
            count += 1
        row = rules.nth(count - 1)
        self.pick(row.get_by_role("combobox", name="Value", exact=True), value)
        if constant is not None:
            row.get_by_label("Constant").fill(constant)
        self.pick(row.get_by_role("combobox", name="Field in Salesforce"), field)

    def only_if(self, what, op, value=""):
        self.box.get_by_role("button", name="Only do this step if").click()
        self.settle()
        rule = self.box.locator(".tb-condition")
        rule.locator("[name$=-what]").last.select_option(what)
        rule.locator("[name$=-op]").last.select_option(op)
        if value:
            rule.locator("[name$=-value]").last.fill(value)


def add_step(page, number):
    page.get_by_role("button", name="Add a step").click()
    expect(page.locator("section.tb-step")).to_have_count(number + 1)
    return Step(page, number)


def begin(page, system):
    page.goto(f"{system.ports.base_url}/admin/crm_mappings/mapping/add/")
    page.fill("#id_name", NAME)
    survey = page.locator("#id_survey option", has_text="How did we do?").first
    page.select_option("#id_survey", survey.get_attribute("value"))
    page.locator("#id_connection").select_option(label="Demo org")
    page.fill("#id_object", "Contact")
    page.locator("[name=_save]").click()
    page.get_by_text("Begun.").wait_for()


def build(page):
    contact = Step(page, 0)
    contact.select("What to do", "find")
    contact.select("If there is no such record", "skip")
    contact.select("Find by", "email")
    finder = contact.box.locator(".tb-finder").first
    contact.pick(finder.get_by_role("combobox", name="Field to find by"), "email email")
    contact.pick(
        finder.get_by_role("combobox", name="Value to find"), "invitation went"
    )
    lead = add_step(page, 1)
    lead.select("What to do", "create")
    lead.object("Lead")
    lead.only_if("step|contact", "blank")
    lead.rule("always the same", "last name", "Unknown")
    lead.rule("always the same", "company", "Unknown")
    lead.rule("invitation went", "email email")
    case = add_step(page, 2)
    case.object("case")
    case.select("Find by", "record")
    case.box.get_by_label("Record of the invitation").fill("Case")
    case.rule("satisfied", "csat")
    task = add_step(page, 3)
    task.select("What to do", "create")
    task.object("task")
    task.only_if("question|nps", "le", "6")
    task.rule("step “contact”, or else of “lead”", "name id")
    task.rule("record of step “case”", "related to")
    task.rule("always the same", "subject", "Call back")


def records(system, name):
    answer = requests.get(
        f"{system.ports.org_url}/emulator/records/{name}", timeout=10
    ).json()
    return answer["records"] if isinstance(answer, dict) else answer


def wait_for(find, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = find()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError("nothing came")


def test_several_steps_are_built_tried_activated_and_seen_in_the_org(browser, system):
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    log_in(page, system)
    begin(page, system)
    build(page)

    page.get_by_role("button", name="Save and preview").click()
    page.locator("#id_response").select_option("made-up")
    org = RunningOrg(url=system.ports.org_url)
    case = org.insert("Case", Subject="Nobody calls", Origin="Email")
    page.get_by_label("Id of the Case").fill(case)
    page.get_by_role("button", name="Show").click()
    # By our key, so that a repeated write makes no second one.
    expect(page.locator("#content-main")).to_contain_text("Update or create: Lead")
    page.get_by_text("The exact calls").click()
    expect(page.locator(".tb-calls")).to_contain_text("composite/graph")
    page.get_by_role("link", name="Back to the editor").click()
    page.get_by_label("What is new, for the list of revisions").fill("From a browser")
    page.get_by_role("button", name="Save and activate", exact=True).click()
    expect(page.locator(".tb-revisions")).to_contain_text("From a browser")

    tab = browser.new_context().new_page()
    tab.goto(new_link(system, email=EMAIL, records={"Case": case}))
    tab.locator("input[name=csat][value='1']").check(force=True)
    tab.locator("input[name=nps][value='2']").check(force=True)
    tab.locator("button.go").click()
    tab.locator("textarea[name=why]").fill("Nobody called me back.")
    tab.locator("button.go").click()
    lead = wait_for(
        lambda: [row for row in records(system, "Lead") if row.get("Email") == EMAIL]
    )[0]
    tasks = wait_for(
        lambda: [row for row in records(system, "Task") if row["WhoId"] == lead["Id"]]
    )

    assert (tasks[0]["WhatId"], tasks[0]["Subject"]) == (case, "Call back")
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("Paused:").wait_for()
    assert faults == []
