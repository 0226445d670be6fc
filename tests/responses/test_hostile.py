"""What no browser sends: for each kind refused or left out, and nothing of it stored."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from responses.models import Response
from tests.factories.kinds import ANSWERS, form_of, of_kind
from tests.factories.responses import link_to, pages
from tests.factories.surveys import survey_document, why

FORM = "application/x-www-form-urlencoded"
NEVER = {"variable": "agent", "op": "eq", "value": "nobody"}

pytestmark = pytest.mark.django_db


def survey_of(question):
    return survey_document(pages=pages([question], [why(key="last", required=True)]))


def sent(client, link, fields):
    body = urlencode([("page", "p1"), *fields], doseq=True)
    return client.post(link, body, content_type=FORM)


def fields_of(question, raw):
    return [
        (name, value)
        for name, values in form_of(question, raw).items()
        for value in values
    ]


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_to_a_question_that_is_not_shown_is_left_out(client, kind):
    question = of_kind(kind, "hidden", show_if=NEVER)
    shown = of_kind("short_text", "word")
    document = survey_document(pages=pages([question, shown], [why(key="last")]))
    raw, _value = ANSWERS[kind]

    answer = sent(client, link_to(document), [("word", "x"), *fields_of(question, raw)])

    assert answer.status_code == 303
    assert Response.objects.get().answers == {"word": "x"}


@pytest.mark.parametrize("kind", [kind for kind in ANSWERS if kind != "file"])
def test_fields_that_come_twice_give_one_answer_or_none(client, kind):
    question = of_kind(kind, "asked", required=True)
    raw, value = ANSWERS[kind]
    fields = fields_of(question, raw)

    answer = sent(client, link_to(survey_of(question)), [*fields, *fields])

    assert answer.status_code in {303, 422}
    stored = Response.objects.get().answers
    assert stored == ({"asked": value} if answer.status_code == 303 else {})


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_page_that_is_not_there_takes_no_answer(client, kind):
    question = of_kind(kind, "asked")
    raw, _value = ANSWERS[kind]
    link = link_to(survey_of(question))

    for page in ("-1", "0", "99", "p1\x00", "../p1", "9" * 400):
        body = urlencode([("page", page), *fields_of(question, raw)])
        assert client.post(link, body, content_type=FORM).status_code == 400
    assert not Response.objects.exists()


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_thousand_fields_beside_the_answer_are_too_many(client, kind):
    question = of_kind(kind, "asked")
    raw, _value = ANSWERS[kind]
    more = [(f"asked.x{number}", "1") for number in range(1_000)]
    link = link_to(survey_of(question))

    for many in (more, [(f"x{number}", "1") for number in range(20_000)]):
        assert sent(client, link, [*many, *fields_of(question, raw)]).status_code == 400
    assert not Response.objects.exists()
    few = sent(client, link, [*more[:100], *fields_of(question, raw)])
    assert few.status_code in {303, 422}
    assert set(Response.objects.get().answers) <= {"asked"}


@pytest.mark.parametrize("kind", ANSWERS)
def test_parts_that_the_question_does_not_have_are_left_out(client, kind):
    question = of_kind(kind, "asked")
    raw, value = ANSWERS[kind]
    odd = [("asked.nowhere", "red"), ("asked.", "red"), ("asked.__class__", "x")]
    odd += [("asked.other", "x")] if kind != "single_choice" else []
    file = kind == "file"

    answer = sent(
        client,
        link_to(survey_of(question)),
        [*odd, *([] if file else fields_of(question, raw))],
    )

    assert answer.status_code == 303
    assert Response.objects.get().answers == ({} if file else {"asked": value})
