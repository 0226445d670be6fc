"""axe finds nothing in any kind of question under any look, nor on the pages around
them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from deployments.models import Deployment
from surveys.models import Survey
from surveys.themes.look import FONTS
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.kinds import EVERY_KIND, LOOKS, of_kind
from tests.factories.surveys import csat, publish_survey, survey_document
from tests.factories.themes import make_theme

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ONE_PAGE = [
    {
        "key": "p1",
        "title": {"en": "All"},
        "questions": [*(of_kind(kind) for kind in EVERY_KIND), *LOOKS],
    },
    {"key": "p2", "questions": [csat()]},
]
# Colours at the edge of what a theme may have, in every font and way of progress.
THEMES: list[dict[str, Any]] = [
    {"colours": {}, "progress": "bar"},
    {"colours": {"light": {"accent": "#b3410b"}}, "progress": "steps"},
    {"colours": {"light": {"accent": "#0b6b3a"}}, "appearance": "light"},
    {"colours": {"dark": {"accent": "#ffd166"}}, "appearance": "dark"},
    {"colours": {"light": {"accent": "#5b2a86"}}, "progress": "words"},
    {"colours": {"light": {"accent": "#111111"}}, "progress": "none"},
]


@pytest.fixture
def look(browser: Any) -> Callable[..., None]:
    """Opens an address in one page for all, in light and dark, and runs axe."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740},
        # Colours are looked at once they have changed, not on the way.
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page = context.new_page()

    def see(address: str = "", words: str = "", *, act: str = "") -> None:
        if address:
            page.goto(address)
        if act:
            page.locator(act).click()
        if words:
            expect(page.locator("body")).to_contain_text(words)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") <= 360

    return see


def test_axe_finds_nothing_in_any_kind_under_any_theme(live_server, look):
    survey = publish_survey(survey_document(pages=ONE_PAGE)).survey
    make_deployment(survey, key="looks", channel="web")
    for number, (theme, font) in enumerate(zip(THEMES, FONTS, strict=True)):
        made = make_theme(key=f"theme-{number}", name=font, font=font, **theme)
        Survey.objects.update(theme=made)

        look(f"{live_server.url}/w/looks/")


def test_axe_finds_nothing_around_the_questions(live_server, look):
    survey = publish_survey(
        survey_document(pages=[{"key": "p1", "questions": [csat()]}])
    ).survey
    Survey.objects.update(theme=make_theme())
    make_deployment(
        survey,
        key="around",
        channel="web",
        asker="Acme",
        purpose={"en": "To do it better."},
        privacy_notice={"en": "Kept for a year."},
        asks_consent=True,
        asks_sum=True,
    )
    entrance = f"{live_server.url}/w/around/"

    look(entrance, "To do it better.")
    look(act="form.pages button.go", words="There is a problem")
    Deployment.objects.update(asks_consent=False, asks_sum=False)
    look(entrance)
    look(act=".step >> nth=3")
    look(act="form.pages button.go", words="Your answers arrived")
    look(act=".erase a", words="Erase")
    invited = make_invitation(make_deployment(survey, key="mailed"), now=timezone.now())
    link = f"{live_server.url}/s/{invited.token}/"
    look(f"{link}opt-out/")
    look(f"{live_server.url}/s/nobody/", "This link does not work")
