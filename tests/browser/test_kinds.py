"""Every kind of question in Chromium: axe finds nothing, at any width or colour."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from responses.models import Response
from tests.factories.arabic import in_arabic
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.kinds import EVERY_KIND, LOOKS, of_kind
from tests.factories.surveys import publish_survey, survey_document, why

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHOOSING = ["nps", "rating", "single_choice", "multiple_choice", "matrix", "ranking"]


@pytest.fixture(autouse=True)
def _files_aside(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def three_pages() -> list[dict[str, Any]]:
    """Kinds to choose from, kinds to type, and kinds in other looks; then one more."""
    choosing = [of_kind(kind, required=True) for kind in CHOOSING]
    typed = [of_kind(kind) for kind in EVERY_KIND if kind not in CHOOSING]
    return [
        {"key": "p1", "title": {"en": "Choose"}, "questions": choosing},
        {"key": "p2", "title": {"en": "Write"}, "questions": typed},
        {"key": "p3", "title": {"en": "Other looks"}, "questions": LOOKS},
        {"key": "p4", "questions": [why(key="last", required=True)]},
    ]


def link_to(live_server: Any, document: dict[str, Any]) -> str:
    deployment = make_deployment(publish_survey(document).survey)
    invited = make_invitation(deployment, now=timezone.now())
    return f"{live_server.url}/s/{invited.token}/"


@pytest.fixture
def link(live_server: Any) -> str:
    return link_to(live_server, survey_document(pages=three_pages()))


def answer_the_choices(page: Any, green: str = "Green") -> None:
    page.locator("input[name=nps][value='9']").check(force=True)
    page.locator("input[name=rating][value='4']").check(force=True)
    page.get_by_label(green).first.check()
    page.locator("input[name=multiple_choice]").first.check()
    for row in ("speed", "price"):
        page.locator(f"input[name='matrix.{row}'][value=blue]").check(force=True)
    for place, key in enumerate(("blue", "red", "green"), 1):
        page.locator(f"select[name='ranking.{key}']").select_option(str(place))


def go_on(page: Any, title: str) -> None:
    page.locator("form button.go").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


@pytest.mark.parametrize("width", [320, 360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_kind(browser, link, width, scheme):
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto(link)

    def look() -> None:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    look()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    look()
    answer_the_choices(page)
    for title in ("Write", "Other looks"):
        go_on(page, title)
        look()


@pytest.mark.parametrize("javascript", [True, False])
def test_every_kind_is_answered_in_a_browser(browser, link, tmp_path, javascript):
    context = browser.new_context(java_script_enabled=javascript)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 20)

    page.goto(link)
    answer_the_choices(page)
    go_on(page, "Write")
    page.locator("[name=number]").fill("12.5")
    page.locator("[name=slider]").fill("35")
    page.locator("[name=email]").fill("ada@example.com")
    page.locator("[name=phone]").fill("+49 30 123456")
    page.locator("[name=url]").fill("example.com")
    page.locator("[name=date]").fill("2026-02-28")
    page.locator("[name=time]").fill("09:05")
    page.locator("[name=datetime]").fill("2026-02-28T09:05")
    page.locator("[name='contact.name']").fill("Ada")
    page.locator("[name=consent]").check()
    page.locator("[name=file]").set_input_files(photo)
    go_on(page, "Other looks")

    answers = Response.objects.get().answers
    assert answers["ranking"] == ["blue", "red", "green"]
    assert answers["matrix"] == {"speed": "blue", "price": "blue"}
    assert answers["number"] == 12.5
    assert answers["slider"] == 35
    assert answers["phone"] == "+4930123456"
    assert answers["url"] == "https://example.com"
    assert answers["datetime"] == "2026-02-28T09:05"
    assert answers["contact"] == {"name": "Ada"}
    assert answers["consent"] is True
    assert answers["file"]
    page.locator("select[name=dropdown]").select_option("red")
    page.locator("input[name=pictures]").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.locator("[name='open_boxes.other']").fill("Ash")
    page.locator("input[name=stars][value='3']").check(force=True)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("[name=last]")).to_be_visible()
    answers = Response.objects.get().answers
    assert answers["dropdown"] == "red"
    assert answers["pictures"] == "blue"
    assert answers["open_boxes"] == [{"other": "Ash"}]
    assert answers["stars"] == 3
    assert complaints == []


def test_a_slider_moves_by_keyboard_and_is_no_answer_before(browser, link):
    page = browser.new_page()
    page.goto(f"{link}?page=p1")
    answer_the_choices(page)
    go_on(page, "Write")

    slider = page.locator("input[type=range]")
    assert slider.is_visible()
    assert page.locator("[name=slider]").input_value() == ""
    slider.focus()
    page.keyboard.press("ArrowRight")

    assert page.locator("[name=slider]").input_value() == "55"
    assert page.get_by_role("slider").get_attribute("aria-labelledby")


def test_a_matrix_is_cards_on_a_phone_and_a_table_beside(browser, link):
    page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    page.goto(link)
    cell = page.locator("table.matrix td").nth(1)
    assert cell.evaluate("one => getComputedStyle(one).display") == "flex"

    page.set_viewport_size({"width": 1280, "height": 800})

    assert cell.evaluate("one => getComputedStyle(one).display") == "table-cell"
    assert page.get_by_role("radio", name="Speed Green").count() == 1


SMALLEST = """() => [...document.querySelectorAll(
  "input:not([type=hidden]):not([hidden]), select, textarea, button, a, .choice, .step"
)].filter((one) => one.checkVisibility()).map((one) => {
  const target = one.closest(".choice, .step, td") || one;
  const box = target.getBoundingClientRect();
  return [Math.min(box.width, box.height), one.outerHTML.slice(0, 80)];
}).sort((a, b) => a[0] - b[0])[0]"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_from_right_to_left(browser, live_server, scheme):
    """At 400 % zoom a window of 1280 pixels has 320 left."""
    document = in_arabic(survey_document(pages=three_pages(), default_language="ar"))
    context = browser.new_context(
        viewport={"width": 320, "height": 256},
        device_scale_factor=4,
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page = context.new_page()
    page.goto(link_to(live_server, document))

    def look() -> None:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        size, control = page.evaluate(SMALLEST)
        assert size >= 24, control
        assert page.evaluate("document.getAnimations().length") == 0

    html = page.locator("html")
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("ar", "rtl")
    look()
    answer_the_choices(page, green="أخضر")
    for title in ("اكتب", "أشكال أخرى"):
        go_on(page, title)
        look()


def test_a_ranking_is_given_by_keyboard(browser, link):
    page = browser.new_page()
    page.goto(link)
    for key, place in (("red", "2"), ("green", "3"), ("blue", "1")):
        page.locator(f"select[name='ranking.{key}']").focus()
        page.keyboard.type(place)

    chosen = page.locator(".places select").evaluate_all(
        "all => all.map((one) => [one.name, one.value, one.labels[0].textContent])"
    )
    assert [one[1] for one in chosen] == ["2", "3", "1"]
    assert [one[2] for one in chosen] == ["Red", "Green", "Blue"]
