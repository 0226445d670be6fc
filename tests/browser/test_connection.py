"""An administrator in a real browser, from “Add connection” to a green check."""

import re

import pytest
import requests
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
    pytest.mark.xdist_group("system"),
]


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def page(browser, system, request):
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    page = context.new_page()
    page.goto(f"{system.ports.base_url}/admin/login/?next=/admin/")
    page.fill("input[name=username]", system.made["username"])
    page.fill("input[name=password]", system.made["password"])
    page.click("input[type=submit]")
    return page


def add(page, system, login):
    """Fill in what is known before there is an app; the steps come next."""
    page.goto(f"{system.ports.base_url}/admin/crm_mappings/connection/add/")
    width = page.viewport_size["width"]
    page.fill("input[name=name]", f"{login} {width}")
    page.fill("input[name=key]", f"{login.replace('_', '-')}-{width}")
    page.select_option("select[name=login]", login)
    page.fill("input[name=login_url]", system.ports.org_url)
    page.click("input[name=_save]")
    expect(page.locator("#tb-guide")).to_be_visible()
    assert page.locator(".tb-steps > li").count() >= 3


def bring_key(page, system, **more):
    page.fill("input[name=client_id]", system.org_login["client_id"])
    for name, value in more.items():
        page.fill(f"input[name={name}]", value)
    page.click("input[name=_continue]")


def check(page):
    """Press “Check everything”; every line is passed or not needed."""
    page.get_by_role("button", name="Check everything").click()
    said = page.locator("[role=status]").inner_text()
    assert "Everything that was checked works" in said, page.locator(
        "#content-main"
    ).inner_text()
    badges = page.locator(".tb-checks .tb-badge").all_inner_texts()
    assert set(badges) == {"Pass", "Not needed"}
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]


def test_client_credentials_from_the_first_page_to_a_green_check(page, system):
    add(page, system, "client_credentials")
    bring_key(page, system, client_secret=system.org_login["client_secret"])

    page.get_by_role("button", name="Connect", exact=True).click()

    assert "Connected to" in page.locator(".messagelist").inner_text()
    check(page)


def test_a_person_logs_in_at_salesforce_and_comes_back_to_a_green_check(page, system):
    add(page, system, "web_server")
    callback = page.locator("#tb-value-1").input_value()
    assert callback == f"{system.ports.base_url}/oauth/salesforce/callback/"
    bring_key(page, system, client_secret=system.org_login["client_secret"])

    page.get_by_role("link", name="Log in to Salesforce").click()
    page.wait_for_url(re.compile(re.escape(system.ports.org_url)))
    page.get_by_role("button", name="Allow").click()

    page.wait_for_url(re.compile("/admin/crm_mappings/connection/"))
    assert "Connected with" in page.locator(".messagelist").inner_text()
    check(page)


def test_a_key_pair_is_made_given_to_the_app_and_logs_in(page, system):
    add(page, system, "jwt_bearer")
    page.get_by_role("button", name="Make the key pair").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download the certificate").click()
    certificate = waiting.value.path().read_text()
    requests.post(
        f"{system.ports.org_url}/emulator/faults",
        json={"certificate": certificate},
        timeout=10,
    ).raise_for_status()
    bring_key(page, system, login_username="integration@tellback.example")

    page.get_by_role("button", name="Connect", exact=True).click()

    assert "Connected to" in page.locator(".messagelist").inner_text()
    check(page)
