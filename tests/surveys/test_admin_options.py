"""Options of every kind, ways on, quotas and the flow, in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from lxml import html

from surveys import drafting
from surveys.models import Page, Question, Survey
from tests.factories.kinds import EVERY_KIND, every_kind
from tests.factories.surveys import make_survey, survey_document

pytestmark = pytest.mark.django_db
BASE = "/admin/surveys"


@pytest.fixture
def designer(admin_client: Client) -> Client:
    return admin_client


def form(page: Page, **values: Any) -> dict[str, Any]:
    return {
        "page": str(page.pk),
        "text_en": "How much?",
        "choices-TOTAL_FORMS": "0",
        "choices-INITIAL_FORMS": "0",
        **values,
    }


def rows(prefix: str, *labels: str, **more: str) -> dict[str, str]:
    named = {
        f"{prefix}-{number}-label_en": label for number, label in enumerate(labels)
    }
    return named | more


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (
            {"kind": "number", "min": "0.5", "max": "200", "step": "0.5"},
            {"min": 0.5, "max": 200, "step": 0.5},
        ),
        ({"kind": "number", "unit_en": "kg"}, {"unit": {"en": "kg"}}),
        ({"kind": "slider", "max": "10", "icons": "stars"}, {"max": 10}),
        (
            {"kind": "rating", "min": "0", "icons": "stars"},
            {"min": 0, "icons": "stars"},
        ),
        (
            {"kind": "short_text", "pattern": "\\d+", "pattern_hint_en": "Digits."},
            {"pattern": "\\d+", "pattern_hint": {"en": "Digits."}},
        ),
        (
            {"kind": "single_choice", "display": "dropdown", "other": "on"},
            {"display": "dropdown", "other": True},
        ),
        (
            {"kind": "multiple_choice", "columns": "2", "random": "on"},
            {"columns": 2, "random": True},
        ),
        ({"kind": "date", "earliest": "2026-01-01"}, {"earliest": "2026-01-01"}),
        ({"kind": "file", "types": ["pdf"], "max_size": "5"}, {"types": ["pdf"]}),
        (
            {"kind": "matrix", **rows("rows", "Speed", "Price")},
            {
                "rows": [
                    {"key": "speed", "label": {"en": "Speed"}},
                    {"key": "price", "label": {"en": "Price"}},
                ]
            },
        ),
        (
            {
                "kind": "contact",
                **rows("fields_", "Mail", **{"fields_-0-kind": "email"}),
                "fields_-0-required": "on",
            },
            {
                "fields": [
                    {
                        "key": "mail",
                        "label": {"en": "Mail"},
                        "kind": "email",
                        "required": True,
                    }
                ]
            },
        ),
        ({"kind": "email", "min": "3", "other": "on", "icons": "stars"}, {}),
    ],
)
def test_the_options_of_a_kind_are_kept(
    designer: Client, values: dict[str, Any], options: dict[str, Any]
) -> None:
    page = make_survey().pages.get(key="p1")

    answer = designer.post(f"{BASE}/question/add/", form(page, key="much", **values))

    assert answer.status_code == 302, text_of(answer)
    question = Question.objects.get(key="much")
    assert question.options.items() >= options.items()
    assert designer.get(f"{BASE}/question/{question.pk}/change/").status_code == 200


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "number", "min": "5", "max": "4"}, "must be below the highest"),
        ({"kind": "number", "step": "-1"}, "A step is above 0"),
        ({"kind": "rating", "max": "4.5"}, "Use a whole number"),
        ({"kind": "slider", "step": "0.001"}, "at most 1000 steps"),
        ({"kind": "date", "latest": "soon"}, "Write it like 2026-12-31"),
        ({"kind": "short_text", "pattern": "("}, "ends too early"),
        ({"kind": "short_text", "pattern": "a"}, "Say in words"),
        ({"kind": "matrix"}, "Give at least one row"),
        ({"kind": "matrix", **rows("rows", "A", **{"rows-0-key": "Ä"})}, "lower-case"),
        ({"kind": "contact"}, "Give at least one field"),
        ({"kind": "contact", "fields_-0-label_de": "Nur"}, "default language"),
        ({"kind": "file", "types": ["program"]}, "Select a valid choice"),
    ],
)
def test_an_option_is_checked_at_its_field(
    designer: Client, values: dict[str, Any], words: str
) -> None:
    page = make_survey().pages.get(key="p1")

    answer = designer.post(f"{BASE}/question/add/", form(page, key="much", **values))

    assert answer.status_code == 200
    assert words in text_of(answer)
    assert not Question.objects.filter(key="much").exists()


def test_saving_a_question_of_any_kind_changes_nothing(designer: Client) -> None:
    survey = make_survey(
        survey_document(pages=[{"key": "p1", "questions": every_kind()}])
    )
    before = drafting.draft_document(survey)

    for question in Question.objects.all():
        page = designer.get(f"{BASE}/question/{question.pk}/change/")
        data = fields_of(page)
        answer = designer.post(f"{BASE}/question/{question.pk}/change/", data)
        assert answer.status_code == 302, question.kind + str(answer.context["errors"])

    assert drafting.draft_document(survey) == before


def fields_of(answer: Any) -> dict[str, list[str]]:
    """What the form on the page sends when nothing is touched."""
    (form,) = html.fromstring(answer.content.decode()).xpath(
        "//form[@id='question_form']"
    )
    found: dict[str, list[str]] = {}
    for control in form.xpath(".//input | .//textarea"):
        if control.get("type") in {"submit", "button"} or not control.get("name"):
            continue
        if control.get("type") in {"checkbox", "radio"} and not control.checked:
            continue
        found.setdefault(control.get("name"), []).append(control.value or "")
    for select in form.xpath(".//select"):
        values = [one.get("value") for one in select.xpath(".//option[@selected]")]
        found[select.get("name")] = values or [
            select.xpath(".//option")[0].get("value")
        ]
    return {
        name: [value.removeprefix("\n") for value in values]
        for name, values in found.items()
        if "__" not in name
    }


def test_the_preview_shows_every_kind(designer: Client) -> None:
    survey = make_survey(
        survey_document(pages=[{"key": "p1", "questions": every_kind()}])
    )

    answer = designer.get(f"{BASE}/survey/{survey.pk}/preview/")

    for kind in EVERY_KIND:
        assert f"A question of the kind {kind}?" in text_of(answer)


# ----------------------------------------------------------------------- flow


def way(number: int, to: str, **rule: str) -> dict[str, str]:
    values = {f"next-{number}-to": to, f"next-{number}-if-join": "all"}
    for name, value in rule.items():
        values[f"next-{number}-if-0-{name}"] = value
    return values


LOW = {"what": "question|nps", "op": "le", "value": "6"}


def test_ways_on_are_chosen_and_kept(designer: Client) -> None:
    survey = make_survey()
    page = survey.pages.get(key="p1")
    data = {"survey": survey.pk, "title_en": "", "key": "p1", "position": "0"}

    answer = designer.post(
        f"{BASE}/page/{page.pk}/change/",
        data
        | way(0, "page:p2", **LOW)
        | way(1, "screen_out", what="question|csat", op="eq", value="1")
        | {"next-1-text_en": "Sorry.", "random": "on"}
        | way(2, ""),
    )

    assert answer.status_code == 302, text_of(answer)
    page.refresh_from_db()
    assert page.random
    assert page.next == [
        {"if": {"question": "nps", "op": "le", "value": 6}, "go_to": "p2"},
        {
            "if": {"question": "csat", "op": "eq", "value": 1},
            "text": {"en": "Sorry."},
            "screen_out": True,
        },
    ]
    shown = text_of(designer.get(f"{BASE}/page/{page.pk}/change/"))
    assert "Sorry." in shown


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (way(0, "page:p1"), "not behind the present one"),
        (way(0, "page:p9"), "not behind the present one"),
        (way(0, "", **LOW), "Choose where it leads"),
        (way(0, "end", what="question|why", op="answered"), "cannot be read here"),
        (way(0, "page:p2") | {"next-0-text_en": "x"}, "not for a way on"),
        (way(0, "end") | {"next-0-text_de": "x"}, "Write the text in English too"),
    ],
)
def test_a_way_on_is_checked(
    designer: Client, values: dict[str, str], words: str
) -> None:
    survey = make_survey()
    page = survey.pages.get(key="p1")
    data = {"survey": survey.pk, "key": "p1", "position": "0"}

    answer = designer.post(f"{BASE}/page/{page.pk}/change/", data | values)

    assert answer.status_code == 200
    assert words in text_of(answer)
    page.refresh_from_db()
    assert page.next == []


def quota(number: int, limit: str, **values: str) -> dict[str, str]:
    named = {f"quotas-{number}-{name}": value for name, value in values.items()}
    return {f"quotas-{number}-limit": limit, f"quotas-{number}-if-join": "all"} | named


def survey_form(survey: Survey, **values: str) -> dict[str, Any]:
    return {
        "title_en": "How did we do?",
        "default_language": "en",
        "key": survey.key,
        **values,
    }


def test_quotas_are_chosen_and_kept(designer: Client) -> None:
    survey = make_survey()

    answer = designer.post(
        f"{BASE}/survey/{survey.pk}/change/",
        survey_form(survey, screened_out_en="Sorry.")
        | quota(0, "100", key="all", when_full="close")
        | quota(1, "20")
        | {f"quotas-1-if-0-{name}": value for name, value in LOW.items()}
        | quota(2, ""),
    )

    assert answer.status_code == 302, text_of(answer)
    survey.refresh_from_db()
    assert survey.screened_out == {"en": "Sorry."}
    assert survey.quotas == [
        {"key": "all", "limit": 100, "when_full": "close"},
        {
            "key": "quota",
            "limit": 20,
            "when_full": "screen_out",
            "if": {"question": "nps", "op": "le", "value": 6},
        },
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (quota(0, "many"), "in digits"),
        (quota(0, "0"), "1 or more"),
        (quota(0, "", key="all"), "how many"),
        (quota(0, "1", key="A"), "lower-case"),
        (quota(0, "1", key="a") | quota(1, "1", key="a"), "there twice"),
    ],
)
def test_a_quota_is_checked(
    designer: Client, values: dict[str, str], words: str
) -> None:
    survey = make_survey()

    answer = designer.post(
        f"{BASE}/survey/{survey.pk}/change/", survey_form(survey) | values
    )

    assert answer.status_code == 200
    assert words in text_of(answer)


def test_the_flow_is_drawn_and_said(designer: Client) -> None:
    document = survey_document()
    low = {"question": "nps", "op": "le", "value": 6}
    document["pages"][0]["next"] = [
        {"if": low, "screen_out": True},
        {"go_to": "p2"},
    ]
    survey = make_survey(document)

    answer = designer.get(f"{BASE}/survey/{survey.pk}/flow/")

    shown = text_of(answer)
    assert "Page 1 → Screened out" in shown
    assert "Page 1 → Page 2" in shown
    assert shown.count("<rect") == 4
    assert "style=" not in shown[shown.index("<svg class=") : shown.index("</svg>")]


def test_a_page_that_no_way_leads_to_is_marked(designer: Client) -> None:
    survey = make_survey()
    Page.objects.filter(survey=survey, key="p1").update(next=[{"end": True}])

    answer = designer.get(f"{BASE}/survey/{survey.pk}/flow/")

    assert "No way leads here" in text_of(answer)


def test_the_flow_of_any_draft_is_drawn(designer: Client) -> None:
    survey = make_survey()
    ways = [{"go_to": "gone"}, {"go_to": "p1"}, {"if": {"op": "?"}, "end": True}]
    Page.objects.filter(survey=survey, key="p2").update(next=ways)

    assert designer.get(f"{BASE}/survey/{survey.pk}/flow/").status_code == 200
