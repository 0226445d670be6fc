"""The pictures of the mapping editor: with five fields, with three hundred, and what it
would write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page, ViewportSize

from docs.salesforce_screenshots import switch
from tests.factories.servers import System

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 1100}
WIDE = 260
MAPPED = 40
KEY = "everything-onto-the-account"


def call(system: System, method: str, path: str, **more: Any) -> Any:
    answer = requests.request(
        method,
        f"{system.ports.base_url}/api/v1/{path}",
        headers={"Authorization": f"Bearer {system.made['api_key']}"},
        timeout=60,
        **more,
    )
    answer.raise_for_status()
    return answer.json()


def widen(system: System) -> None:
    """An account with as many fields as those of large companies have, and a mapping
    onto it."""
    for number in range(WIDE):
        place, kind = number + 1, number % 3
        field: dict[str, Any] = {
            "object": "Account",
            "name": f"Survey_{place:03}__c",
            "label": f"Survey figure {place}",
            "type": ("double", "string", "picklist")[kind],
        }
        field |= ({"precision": 4}, {"length": 80}, {"length": 255})[kind]
        if kind == 2:
            field["values"] = ["Promoter", "Passive", "Detractor"]
        switch(system, add_field=field)
    sources = (
        {"question": "nps"},
        {"response": "survey_key"},
        {"question": "nps", "facet": "group"},
    )
    rules = [
        {"field": f"Survey_{number + 1:03}__c", "value": sources[number % 3]}
        for number in range(MAPPED)
    ]
    step = {
        "key": "account",
        "action": "update",
        "object": "Account",
        "find": [{"record": "Account"}],
        "fields": rules,
    }
    document = {
        "key": KEY,
        "name": "Everything onto the account",
        "survey": "support-csat",
        "connection": "demo-org",
        "steps": [step],
    }
    call(system, "PUT", f"mappings/{KEY}/", json=document)


def take(page: Page, system: System, target: Path) -> None:
    widen(system)
    admin = f"{system.ports.base_url}/admin/crm_mappings/mapping/"
    for name, title in (
        ("mapping-editor", "Answers onto the case"),
        ("mapping-editor-300-fields", "Everything onto the account"),
    ):
        for suffix, size in (("", DESKTOP), ("-phone", PHONE)):
            page.set_viewport_size(size)
            page.goto(admin)
            page.get_by_role("link", name=title).click()
            page.locator("#editor[data-ready]").wait_for()
            whole = name == "mapping-editor"
            if not whole:
                page.locator(".tb-rules").first.evaluate("box => box.scrollIntoView()")
            page.screenshot(path=target / f"{name}{suffix}.png", full_page=whole)
    page.set_viewport_size(DESKTOP)
    page.goto(admin)
    page.get_by_role("link", name="Answers onto the case").click()
    page.get_by_role("button", name="Save and preview").click()
    page.get_by_text("The exact calls").click()
    page.screenshot(path=target / "mapping-preview.png", full_page=True)
