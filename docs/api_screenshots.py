"""Pictures of the page that describes the REST API."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, ViewportSize

SIZES: dict[str, ViewportSize] = {
    "api-docs-phone": {"width": 390, "height": 844},
    "api-docs": {"width": 1280, "height": 860},
}


def take(browser: Browser, base_url: str, target: Path) -> None:
    for name, size in SIZES.items():
        context = browser.new_context(viewport=size, device_scale_factor=1)
        page = context.new_page()
        page.goto(f"{base_url}/api/v1/docs/")
        page.wait_for_selector(".opblock", timeout=60_000)
        page.evaluate("document.fonts.ready")
        page.screenshot(path=target / f"{name}.png")
        context.close()
