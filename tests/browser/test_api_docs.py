"""The page that describes the API is served by ourselves, whole, on every screen."""

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
    pytest.mark.xdist_group("system"),
]


@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])
def test_the_page_asks_nobody_else_and_shows_every_operation(browser, system, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" else None,
    )

    page.goto(f"{system.ports.base_url}/api/v1/docs/")
    expect(page.locator(".opblock").first).to_be_visible(timeout=60_000)

    ours = (f"{system.ports.base_url}/", "data:", "blob:")
    assert [url for url in asked if not url.startswith(ours)] == []
    assert complaints == []
    told = " ".join(page.locator(".opblock-summary").all_inner_texts())
    for summary in ("Make unique survey addresses", "Set a deployment live"):
        assert summary in told
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_text("Make unique survey addresses").first.click()
    expect(page.get_by_text("Scope: links:write").first).to_be_visible()
