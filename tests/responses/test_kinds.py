"""Every kind of question on the respondent's page: shown, answered, and refused in
words beside the field, whatever is sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from responses.models import Response
from tests.factories.kinds import (
    ANSWERS,
    LOOKS,
    every_kind,
    form_of,
    of_kind,
)
from tests.factories.responses import link_to, pages
from tests.factories.surveys import survey_document, why

pytestmark = pytest.mark.django_db
TYPED = [kind for kind in ANSWERS if kind != "file"]


def survey_of(*questions: dict[str, Any]) -> dict[str, Any]:
    """A page with the questions, then one more, so that nothing is completed."""
    return survey_document(pages=pages(list(questions), [why(required=True)]))


def test_every_kind_is_shown_with_a_name_for_each_control(client, read):
    page = read(client.get(link_to(survey_of(*every_kind()))))

    assert page.response.status_code == 200
    for control in page.all("//form//input[not(@type='hidden')] | //form//select"):
        labelled = control.get("aria-labelledby")
        named = page.all(f"//label[@for='{control.get('id')}']")
        assert labelled or named, control.attrib
    ids = page.all("//@id")
    assert len(ids) == len(set(ids))


def test_a_question_of_several_controls_is_a_fieldset_with_its_legend(
    client, settings, tmp_path, read
):
    settings.MEDIA_ROOT = tmp_path
    link = link_to(survey_of(*every_kind()))
    client.post(link, {"page": "p1", "file": SimpleUploadedFile("a.pdf", b"%PDF-1.7")})

    page = read(client.get(f"{link}?page=p1"))

    grouped = []
    for question in page.all("//*[contains(@class, 'question')]"):
        controls = question.xpath(
            ".//input[not(@type='hidden' or @hidden)] | .//select | .//textarea"
        )
        first = next(iter(question), None)
        if len(controls) > 1:
            grouped.append({one.get("name").partition(".")[0] for one in controls})
            assert (question.tag, first.tag) == ("fieldset", "legend")
    names = {name for names in grouped for name in names}
    assert {"nps", "matrix", "ranking", "contact", "file", "open_dropdown"} <= names
    assert all(len(names) == 1 for names in grouped)


def test_limits_are_said_before_anything_is_typed(client, read):
    limits: list[tuple[str, dict[str, Any], str]] = [
        ("number", {"min": 0, "max": 1500}, "From 0 to 1,500."),
        ("number", {"min": 18, "max": None}, "At least 18."),
        ("number", {"min": None, "max": 5}, "At most 5."),
        ("date", {"latest": ""}, "The earliest is 1\xa0Jan\xa02020."),
        ("date", {"earliest": ""}, "The latest is 31\xa0Dec\xa02030."),
        ("date", {}, "From 1\xa0Jan\xa02020 to 31\xa0Dec\xa02030."),
        ("time", {"latest": "18:30"}, "The latest is 6:30 p.m."),
        ("short_text", {"max_length": 20}, "Up to 20 characters."),
    ]
    asked = [
        of_kind(kind, f"asked{number}", **own)
        for number, (kind, own, _words) in enumerate(limits)
    ]

    page = read(client.get(link_to(survey_of(*asked))))

    for number, (_kind, _own, words) in enumerate(limits):
        assert page.one(f"//*[@id='q-asked{number}-limit']").text_content() == words


@pytest.mark.parametrize("kind", TYPED)
def test_an_answer_of_each_kind_is_stored_and_shown_again(client, read, kind):
    document = of_kind(kind, "asked")
    link = link_to(survey_of(document))
    raw, value = ANSWERS[kind]

    answer = client.post(link, {"page": "p1", **form_of(document, raw)})

    assert answer.status_code == 303
    assert Response.objects.get().answers == {"asked": value}
    again = read(client.get(f"{link}?page=p1"))
    client.post(link, {**again.form, **selected(again), "page": "p1"})
    assert Response.objects.get().answers == {"asked": value}


def selected(page) -> dict[str, str]:
    return {
        select.get("name"): select.xpath("string(.//option[@selected]/@value)")
        for select in page.all("//form//select")
    }


@pytest.mark.parametrize("document", LOOKS, ids=lambda one: str(one["key"]))
def test_a_kind_in_its_other_looks_is_answered(client, read, document):
    link = link_to(survey_of(document))
    page = read(client.get(link))
    first = page.all("//form//input[@type='radio' or @type='checkbox']/@value")
    options = first or page.all("//form//option[@value!='']/@value")

    client.post(link, {"page": "p1", document["key"]: options[0]})

    assert Response.objects.get().answers


HOSTILE = [
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202egnp.exe",
    "-1",
    "1e999",
    "٣",
    "9" * 400,
    "x" * 1_000_000,
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "{{constructor}}",
    "../../etc/passwd",
    "0000-00-00",
    "javascript:alert(1)",
]
# What a text may well be.
FREE = {("short_text", ""), ("long_text", ""), ("contact", "name")}
PARTS = [(kind, part) for kind, (raw, _value) in ANSWERS.items() for part in raw]


@pytest.mark.parametrize(("kind", "part"), PARTS)
def test_hostile_values_are_refused_beside_the_field_and_not_stored(
    client, read, kind, part
):
    document = of_kind(kind, "asked", required=True)
    link = link_to(survey_of(document))
    for value in HOSTILE:
        hostile = {part: [value.encode("utf-8", "surrogatepass")]}
        fields = form_of(document, ANSWERS[kind][0] | hostile)
        body = urlencode({"page": "p1", **fields}, doseq=True)
        answer = client.post(link, body, content_type=FORM)

        assert answer.status_code in {303, 413, 422}, (value[:20], answer.status_code)
        assert b"<script>alert" not in answer.content
        stored = Response.objects.first()
        if answer.status_code == 422:
            assert read(answer).one("//p[@id='q-asked-error']").text_content()
            assert stored is None or "asked" not in stored.answers
        elif answer.status_code == 303:
            assert (kind, part) in FREE, value[:20]
            stored.answers = {}
            stored.save(update_fields=["answers"])


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("kind", sorted(set(ANSWERS) - {"multiple_choice", "file"}))
def test_a_field_that_is_sent_twice_is_refused(client, read, kind):
    document = of_kind(kind, "asked")
    link = link_to(survey_of(document))
    fields = form_of(document, ANSWERS[kind][0])
    name = next(iter(fields))

    answer = client.post(link, {"page": "p1", **fields, name: fields[name] * 2})

    assert answer.status_code == 422
    error = read(answer).one("//p[@id='q-asked-error']")
    assert "one answer only" in error.text_content()


def test_the_error_of_a_part_names_it_and_leads_to_it(client, read):
    document = of_kind("contact", "who", required=True)
    link = link_to(survey_of(document))

    page = read(client.post(link, {"page": "p1", "who.name": "A", "who.email": "x"}))

    (target,) = page.all("//div[@role='alert']//a")
    assert target.text.startswith("E-mail: Write an e-mail address")
    assert target.get("href") == "#q-who-email"
    assert page.one("//input[@id='q-who-email']").get("aria-invalid") == "true"
    assert page.one("//input[@id='q-who-name']").get("value") == "A"


def test_a_required_matrix_is_said_by_its_row(client, read):
    link = link_to(survey_of(of_kind("matrix", "grid", required=True)))

    page = read(client.post(link, {"page": "p1", "grid.speed": "red"}))

    assert "Price: Choose an answer." in page.text
    assert page.all("//div[@role='alert']//a/@href") == ["#q-grid-price-red"]
    assert page.one("//input[@id='q-grid-speed-red']").get("checked") is not None


def test_a_write_in_keeps_what_was_typed(client, read):
    link = link_to(survey_of(of_kind("single_choice", "colour", other=True)))

    page = read(
        client.post(link, {"page": "p1", "colour": "other", "colour.other": "y" * 256})
    )

    assert page.response.status_code == 422
    assert page.one("//input[@id='q-colour-other-text']").get("value") == "y" * 256
    assert page.all("//div[@role='alert']//a/@href") == ["#q-colour-other-text"]


def test_answers_to_parts_that_are_not_asked_are_left_out(client):
    link = link_to(survey_of(of_kind("matrix", "grid"), of_kind("ranking")))

    client.post(
        link,
        {"page": "p1", "grid.gone": "red", "grid": "red", "ranking.gold": "1"},
    )

    assert Response.objects.get().answers == {}


def test_choices_by_chance_keep_their_order_for_a_respondent(client, read):
    choices = [{"key": f"c{n}", "label": {"en": str(n)}} for n in range(10)]
    document = of_kind("single_choice", "one", choices=choices, random=True)
    survey = survey_of(document, of_kind("short_text", "must", required=True))
    link = link_to(survey)

    def order(answer):
        return read(answer).all("//input[@type='radio']/@value")

    first = order(client.get(link))
    wrong = client.post(link, {"page": "p1", "one": "c3"})
    client.post(link, {"page": "p1", "one": "c3", "must": "x"})
    other = link_to(survey, email="grace@example.com")

    assert order(wrong) == first
    assert order(client.get(f"{link}?page=p1")) == first
    assert sorted(first) == sorted(choice["key"] for choice in choices)
    assert order(client.get(other)) != first
    assert Response.objects.get(answers__must="x").seed != 0


def test_an_earlier_answer_stands_escaped_in_a_later_text(client, read):
    text = {"en": "You said {{word}}, {{variable.agent}}."}
    survey = survey_document(
        pages=pages([of_kind("short_text", "word")], [why(text=text, help=text)])
    )
    link = link_to(survey, variables={"agent": "<b>E-17</b>"})

    answer = client.post(link, {"page": "p1", "word": "<i>{{nps}}</i>"}, follow=True)

    page = read(answer)
    assert "You said <i>{{nps}}</i>, <b>E-17</b>." in page.one("//label").text
    assert b"<i>" not in answer.content
    assert b"<b>" not in answer.content
