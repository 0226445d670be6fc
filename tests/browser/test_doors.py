"""Doors in a browser: within another site, in a kiosk, and from an answer in a mail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from playwright.sync_api import expect

from deployments.models import Deployment
from deployments.web_links import preview_url
from responses.models import Response
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.processes import eventually
from tests.factories.surveys import csat, nps, publish_survey, survey_document, why

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TWO = [
    {"key": "p1", "questions": [csat(), nps()]},
    {"key": "p2", "title": {"en": "More"}, "questions": [why(max_length=500)]},
]
PERSON = "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_words: Any) -> None:
        """Nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Another site, with pages of its own."""
    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def deployment(live_server: Any) -> Deployment:
    survey = publish_survey(survey_document(pages=TWO)).survey
    return make_deployment(survey, key="feedback", channel="web")


def put(tmp_path: Path, live_server: Any) -> None:
    script = f"{live_server.url}/embed.js"
    (tmp_path / "page.html").write_text(
        '<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1>'
        f'<script src="{script}" data-survey="feedback" data-var-agent="E-17" async>'
        "</script><footer>Below</footer></html>"
    )
    (tmp_path / "thanks.html").write_text("<!doctype html><title>Bought</title>")


def test_a_form_on_another_site_sizes_itself_and_leads_on(
    browser, live_server, deployment, site, tmp_path
):
    put(tmp_path, live_server)
    Deployment.objects.update(
        embed_sites=[site],
        end_url=f"{site}/thanks.html?agent={{{{ agent }}}}",
        end_hosts=[site.removeprefix("http://")],
    )
    page = browser.new_page()
    page.goto(f"{site}/page.html")
    frame = page.frame_locator("iframe")

    frame.locator("input[name=csat][value='4']").check(force=True)
    outer = page.locator("iframe")
    inner = frame.locator("body")
    eventually(
        lambda: (
            abs(
                outer.bounding_box()["height"]
                - inner.evaluate("one => one.getBoundingClientRect().height")
            )
            <= 1
        )
    )
    assert outer.get_attribute("title") == "Survey"
    frame.locator("button.go").click()
    expect(frame.locator("h1")).to_have_text("More")
    frame.locator("textarea").fill("Good")
    frame.locator("button.go").click()
    page.wait_for_url(f"{site}/thanks.html?agent=E-17")

    response = Response.objects.get()
    assert response.status == Response.Status.COMPLETED
    assert response.variables == {"agent": "E-17"}


def test_a_site_that_is_not_listed_shows_nothing(
    browser, live_server, deployment, site, tmp_path
):
    put(tmp_path, live_server)
    Deployment.objects.update(embed_sites=["https://www.example.com"])
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    page.goto(f"{site}/page.html")

    eventually(lambda: (page.wait_for_timeout(100), refused)[1])
    assert any("frame-ancestors" in text for text in refused)
    assert page.frame_locator("iframe").locator("form").count() == 0


def test_a_kiosk_asks_and_begins_anew_for_the_next_person(
    browser, live_server, deployment
):
    Deployment.objects.update(kiosk=True, kiosk_seconds=30)
    page = browser.new_page()
    page.clock.install()
    page.goto(f"{live_server.url}/w/feedback/")
    page.locator("input[name=csat][value='4']").check(force=True)
    page.locator("form button.go").click()
    expect(page.locator("h1")).to_have_text("More")
    page.locator("textarea").fill("A secret")

    page.clock.run_for(31_000)
    expect(page.get_by_role("alert")).to_contain_text("still there")
    page.get_by_role("button", name="I am still here").click()
    expect(page.locator("#still")).to_be_hidden()
    assert page.locator("textarea").input_value() == "A secret"
    page.clock.run_for(31_000)
    page.clock.run_for(21_000)

    expect(page.locator("input[name=csat]").first).to_be_visible()
    assert page.locator("input:checked").count() == 0
    assert page.evaluate("history.length") <= 2


def test_thanks_in_a_kiosk_make_room_for_the_next_person(
    browser, live_server, deployment
):
    Deployment.objects.update(kiosk=True)
    page = browser.new_page()
    page.clock.install()
    page.goto(f"{live_server.url}/w/feedback/")
    page.locator("input[name=csat][value='4']").check(force=True)
    page.locator("form button.go").click()
    expect(page.locator("h1")).to_have_text("More")
    page.locator("form button.go").click()
    expect(page.locator("h1")).to_have_text("Thank you")

    page.clock.run_for(11_000)

    expect(page.locator("input[name=csat]").first).to_be_visible()


def test_a_click_in_a_mail_counts_once_the_person_does_anything(
    browser, live_server, deployment
):
    invited = make_invitation(
        make_deployment(deployment.survey), now=timezone.now(), email="b@example.com"
    )
    page = browser.new_context(user_agent=PERSON).new_page()

    page.goto(f"{live_server.url}/s/{invited.token}/?answer=csat.4")
    assert page.locator("input[name=csat][value='4']").is_checked()
    page.wait_for_timeout(1500)
    assert not Response.objects.exists()
    page.locator("h1").click()

    assert eventually(Response.objects.first).answers == {"csat": 4}


def test_a_headless_browser_that_only_looks_records_nothing(
    browser, live_server, deployment
):
    invited = make_invitation(make_deployment(deployment.survey), now=timezone.now())
    page = browser.new_page(user_agent=PERSON.replace("Chrome", "HeadlessChrome"))
    for value in range(1, 6):
        page.goto(f"{live_server.url}/s/{invited.token}/?answer=csat.{value}")
    page.locator("h1").click()
    page.wait_for_timeout(1500)

    assert not Response.objects.exists()
    invited.invitation.refresh_from_db()
    assert invited.invitation.machine_sign == "agent"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_at_the_doors(browser, live_server, deployment, scheme):
    context = browser.new_context(
        viewport={"width": 320, "height": 700}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    entrance = f"{live_server.url}/w/feedback/"

    def look(words: str) -> None:
        expect(page.locator("body")).to_contain_text(words)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320

    page.goto(live_server.url + urlsplit(preview_url(deployment)).path)
    look("A test")
    Deployment.objects.update(password_hash=make_password("open sesame"))
    page.goto(entrance)
    page.locator("#password").fill("wrong")
    page.locator("form button.go").click()
    look("This is not the password")
    closed = {"password_hash": "", "closed_message": {"en": "Too late."}}
    Deployment.objects.update(**closed, closes_at=timezone.now())
    page.goto(entrance)
    look("Too late.")
    Deployment.objects.update(closes_at=None, kiosk=True)
    page.clock.install()
    page.goto(entrance)
    page.locator("input[name=csat][value='4']").check(force=True)
    page.clock.run_for(61_000)
    look("Are you still there?")
