"""The pictures of asking: a deployment with its checklist and funnel, a new one, the
mails, a sender's domain, and why somebody was not asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page

from tests.factories.servers import System

REFUSED = "eva@example.com"


def begin(system: System) -> None:
    """Let something happen that asks nobody, with its reason."""
    event: dict[str, Any] = {
        "source": "salesforce:demo-org",
        "event_id": "picture-1",
        "object": "Case",
        "record_id": "500000000000002AAA",
        "fields": {
            "IsClosed": True,
            "Status": "Closed",
            "Contact": {"Email": "info@example.com", "HasOptedOutOfEmail": True},
            "ContactEmail": REFUSED,
        },
    }
    answer = requests.post(
        f"{system.ports.base_url}/api/v1/trigger-events/",
        json={"events": [event]},
        headers={"Authorization": f"Bearer {system.made['api_key']}"},
        timeout=10,
    )
    answer.raise_for_status()


def take(page: Page, system: System, target: Path) -> None:
    admin = f"{system.ports.base_url}/admin/deployments"

    def picture(name: str) -> None:
        page.screenshot(path=target / f"{name}.png", full_page=True)

    page.goto(f"{admin}/deployment/add/")
    picture("deployment-new")
    page.goto(f"{admin}/deployment/")
    page.click("#result_list tbody th a")
    # Saved once, the domain of its sender is known.
    page.fill("input[name=sender_email]", "support@example.com")
    page.click("input[name=_continue]")
    picture("deployment")
    page.click("a[href$='/mails/']")
    picture("deployment-mails")
    page.goto(f"{admin}/senderdomain/")
    page.click("#result_list tbody th a")
    picture("sender-domain")
    page.goto(f"{admin}/triggerevent/why/?q=ada@example.com")
    picture("why-asked")
    page.goto(f"{admin}/triggerevent/why/?q=500000000000002AAA")
    picture("why-not-asked")
