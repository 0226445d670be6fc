"""Makes the pictures in docs/screenshots/ again: `make screenshots`.

Starts the whole system, goes through the loop with a few people, and photographs
what a respondent and an administrator see. Needs Chromium.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from config.demo import loop as loops
from config.demo.loop import Loop
from docs import (
    api_screenshots,
    deployment_screenshots,
    managed_screenshots,
    mapping_screenshots,
    salesforce_screenshots,
    survey_screenshots,
)
from tests.factories.browsers import CHROMIUM_FLAGS
from tests.factories.servers import System, running_system

TARGET = Path(__file__).resolve().parent / "screenshots"
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 860}
TALL: ViewportSize = {"width": 1280, "height": 1500}
PEOPLE = [
    {"csat": ["5"], "nps": ["10"], "topics": ["speed"]},
    {"csat": ["4"], "nps": ["9"], "topics": ["quality", "price"]},
    {"csat": ["3"], "nps": ["7"], "topics": ["quality"]},
    {"csat": ["5"], "nps": ["9"], "topics": ["speed", "quality"]},
    {"csat": ["1"], "nps": ["2"], "topics": ["price"], "why": ["Too expensive."]},
]


def ask(system: System, email: str, **link: Any) -> str:
    answer = requests.post(
        f"{system.ports.base_url}/api/v1/tracking-links/",
        json={"deployment": "case-closed", "links": [{"email": email, **link}]},
        headers={"Authorization": f"Bearer {system.made['api_key']}"},
        timeout=10,
    )
    answer.raise_for_status()
    return str(answer.json()[0]["url"])


def fill_with_life(system: System) -> None:
    """One whole loop, some more answers on that case, and one that is refused."""
    loop = Loop(ports=system.ports, org_login=system.org_login, say=print)
    case = loop.run()
    deployment_screenshots.begin(system)
    ours = dict(loops.ANSWERS)
    for number, answers in enumerate(PEOPLE):
        loops.ANSWERS.clear()
        loops.ANSWERS.update(answers)
        records = {"Case": case["Id"]}
        if number == len(PEOPLE) - 1:
            records = {"Case": "500000000000001AAA"}
        if number == len(PEOPLE) - 2:
            salesforce_screenshots.begin(system)
        variables = {"agent": salesforce_screenshots.TWICE}
        mail = f"person{number}@example.com"
        loop.answer(ask(system, mail, records=records, variables=variables))
    loops.ANSWERS.clear()
    loops.ANSWERS.update(ours)
    url = f"{system.ports.base_url}/api/v1/write-backs/"
    key = {"Authorization": f"Bearer {system.made['api_key']}"}
    loop.wait(
        "the last write-back",
        lambda: all(
            row["state"] not in {"waiting", "sending"}
            for row in requests.get(url, headers=key, timeout=10).json()["results"]
        ),
    )


def log_in(page: Page, system: System) -> None:
    page.goto(f"{system.ports.base_url}/admin/login/?next=/admin/")
    page.fill("input[name=username]", system.made["username"])
    page.fill("input[name=password]", system.made["password"])
    page.click("input[type=submit]")


def respondent(browser: Browser, system: System) -> None:
    for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
        context = browser.new_context(viewport=size, device_scale_factor=1)
        page = context.new_page()
        page.goto(ask(system, f"{name}@example.com", name="Grace"))
        page.screenshot(path=TARGET / f"survey-{name}.png", full_page=True)
        context.close()


def administrator(browser: Browser, system: System) -> None:
    context = browser.new_context(viewport=TALL, device_scale_factor=1)
    page = context.new_page()
    log_in(page, system)
    admin = f"{system.ports.base_url}/admin"
    mapping_screenshots.take(page, system, TARGET)
    page.set_viewport_size(TALL)
    page.goto(f"{admin}/crm_mappings/writeback/")
    page.screenshot(path=TARGET / "write-backs.png", full_page=True)
    page.goto(f"{admin}/responses/response/results/support-csat/")
    page.screenshot(path=TARGET / "results.png", full_page=True)
    salesforce_screenshots.take(page, system, TARGET)
    deployment_screenshots.take(page, system, TARGET)
    survey_screenshots.take(page, system, TARGET)
    managed_screenshots.take(page, system, TARGET)
    context.close()


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium (on Debian: apt-get install chromium).")
    TARGET.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_system(Path(folder)) as system,
        sync_playwright() as playwright,
    ):
        fill_with_life(system)
        browser = playwright.chromium.launch(
            executable_path=chromium, args=CHROMIUM_FLAGS
        )
        respondent(browser, system)
        administrator(browser, system)
        api_screenshots.take(browser, system.ports.base_url, TARGET)
        browser.close()


if __name__ == "__main__":
    main()
