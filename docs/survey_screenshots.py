"""Photographs what a survey designer sees: the editor, a theme, texts, the flow."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect

from tests.factories.servers import System

WIDE: ViewportSize = {"width": 1360, "height": 1000}
SURVEY = "support_satisfaction"


def take(page: Page, system: System, target: Path) -> None:
    """`page` is logged in as an administrator."""
    admin = f"{system.ports.base_url}/admin/surveys"
    page.set_viewport_size(WIDE)
    page.goto(f"{admin}/theme/add/")
    page.locator("[name=name]").fill("Northwind")
    page.locator("[name=light_accent]").fill("#7a1fa2")
    page.locator("[name=font]").select_option("inter")
    page.locator("[name=progress]").select_option("steps")
    page.locator("[name=footer_en]").fill("Northwind Ltd, 1 Harbour Street")
    inside = page.frame_locator(".theme-screen iframe")
    expect(inside.get_by_text("Northwind Ltd")).to_be_attached()
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(500)
    page.screenshot(path=target / "theme.png")
    page.locator("input[name=_save]").click()
    page.goto(f"{admin}/survey/ready-made/")
    page.locator(f"button[value={SURVEY}]").click()
    page.locator("[name=theme]").select_option(label="Northwind")
    page.locator("input[name=_continue]").click()
    page.screenshot(path=target / "survey-editor.png")
    survey = page.url.partition("/change/")[0]
    for name, address in (
        ("survey-translation", "translate/?to=de"),
        ("survey-flow", "flow/"),
        ("survey-preview", "preview/"),
    ):
        page.goto(f"{survey}/{address}", wait_until="networkidle")
        page.screenshot(path=target / f"{name}.png")
