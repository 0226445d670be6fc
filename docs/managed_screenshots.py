"""The pictures of the managed mapping: the proposal, the deploy, and the other org."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.factories import nps
from tests.factories.servers import System

PATIENCE = 90_000
PHONE, DESKTOP = (390, 844), (1280, 900)


def take(page: Page, system: System, target: Path) -> None:
    """Make the managed mapping of the NPS survey, and photograph the way."""
    nps.control(system, "POST", "faults", {"remove_object": "Tellback_Response__c"})
    nps.publish_nps(system)
    admin = f"{system.ports.base_url}/admin/crm_mappings"
    page.goto(f"{admin}/mapping/propose/?survey={nps.KEY}&connection=demo-org")
    shot(page, target, "managed-proposal")
    page.get_by_role("button", name="Create it in Salesforce").click()
    page.get_by_text("Everything is there, and the mapping is made").wait_for(
        timeout=PATIENCE
    )
    shot(page, target, "managed-deployed")
    page.goto(f"{admin}/mapping/propose/?survey=support-csat&connection=demo-org")
    shot(page, target, "managed-second-survey")


def shot(page: Page, target: Path, name: str) -> None:
    for size, suffix in ((PHONE, "-phone"), (DESKTOP, "")):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.screenshot(path=target / f"{name}{suffix}.png", full_page=True)
