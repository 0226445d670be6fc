"""The pictures of connections and write-backs: what `make screenshots` shows of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page

from tests.factories.servers import System

TWICE = "charles@example.com"
BY_MAIL: dict[str, Any] = {
    "key": "comment-to-contact",
    "name": "Comment onto the contact",
    "survey": "support-csat",
    "connection": "demo-org",
    "when": "completed",
    "steps": [
        {
            "key": "contact",
            "action": "update",
            "object": "Contact",
            "find": [{"email": "Email", "value": {"variable": "agent"}}],
            "fields": [{"field": "Description", "value": {"question": "why"}}],
        }
    ],
}


def switch(system: System, **faults: Any) -> None:
    """Press switches of the emulated org."""
    address = f"{system.ports.org_url}/emulator/faults"
    requests.post(address, json=faults, timeout=10).raise_for_status()


def begin(system: System) -> None:
    """A second mapping, and two contacts of one address, so that a person must say
    which one is meant."""
    for first, last, city in (
        ("Charles", "Babbage", "London"),
        ("Charlie", "Wheatstone", "Gloucester"),
    ):
        requests.post(
            f"{system.ports.org_url}/emulator/records/Contact",
            json={
                "FirstName": first,
                "LastName": last,
                "Email": TWICE,
                "MailingCity": city,
            },
            timeout=10,
        ).raise_for_status()
    call(system, "mappings/", BY_MAIL)
    call(system, f"mappings/{BY_MAIL['key']}/activate/", {})


def call(system: System, path: str, document: dict[str, Any]) -> None:
    requests.post(
        f"{system.ports.base_url}/api/v1/{path}",
        json=document,
        headers={"Authorization": f"Bearer {system.made['api_key']}"},
        timeout=30,
    ).raise_for_status()


def take(page: Page, system: System, target: Path) -> None:
    admin = f"{system.ports.base_url}/admin/crm_mappings"

    def shoot(name: str, selector: str = "") -> None:
        path = target / f"{name}.png"
        if selector:
            page.locator(selector).screenshot(path=path)
        else:
            page.screenshot(path=path, full_page=True)

    connections(page, system, admin, shoot)
    write_backs(page, admin, shoot)


def connections(page: Page, system: System, admin: str, shoot: Any) -> None:
    page.goto(f"{admin}/connection/add/")
    page.fill("input[name=name]", "Sandbox")
    page.fill("input[name=key]", "sandbox")
    page.select_option("select[name=login]", "web_server")
    page.fill("input[name=login_url]", system.ports.org_url)
    page.click("input[name=_save]")
    page.locator("#tb-guide").wait_for()
    shoot("connection-guide")

    page.goto(f"{admin}/connection/")
    page.click("#result_list tbody th a >> text=Demo org")
    demo = page.url
    switch(system, hide_field="Case.Survey_Comment__c")
    page.get_by_role("button", name="Look for changes now").click()
    page.locator("#tb-changes").wait_for()
    shoot("drift-report", "section[aria-labelledby=tb-changes]")
    shoot("health-chart", "section[aria-labelledby=tb-health]")
    shoot("connection")
    page.get_by_role("button", name="Check everything").click()
    page.locator(".tb-checks").first.wait_for()
    shoot("permission-check")
    switch(system, restore_fields="Case")
    page.goto(demo)
    page.get_by_role("button", name="Look for changes now").click()
    page.goto(f"{admin}/objectdescription/?q=picklist")
    page.click("#result_list tbody th a >> text=Case")
    page.goto(f"{page.url.partition('?')[0]}?q=picklist")
    shoot("object-browser")


def write_backs(page: Page, admin: str, shoot: Any) -> None:
    page.goto(f"{admin}/writeback/?state__exact=held")
    page.click("#result_list tbody th a")
    shoot("write-back")
    page.goto(f"{admin}/writeback/matches/")
    shoot("match-inbox")
    page.click("a.tb-primary >> text=Choose")
    page.locator(".tb-beside").wait_for()
    shoot("match")
    page.goto(f"{admin}/backfill/add/")
    page.select_option("select[name=mapping]", label=BY_MAIL["name"])
    page.click("button[name=count]")
    page.locator("#tb-counted").wait_for()
    shoot("backfill")
    undo(page, admin, shoot)


def undo(page: Page, admin: str, shoot: Any) -> None:
    """Look at a whole run, and leave it at that."""
    page.goto(f"{admin}/undorun/add/")
    page.select_option("select[name=mapping]", label="Answers onto the case")
    page.get_by_role("button", name="Look at it").click()
    ready = page.get_by_role("button", name="Put back")
    for _ in range(60):
        if ready.count():
            break
        page.wait_for_timeout(1_000)
        page.reload()
    shoot("undo")
