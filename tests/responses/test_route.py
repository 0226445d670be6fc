"""Where a respondent goes on, and what a filled-in page says."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from responses import route
from surveys import definition as definitions
from tests.factories.surveys import csat, nps, survey_document, topics, why

LOW = {"question": "csat", "op": "le", "value": 2}
THREE_PAGES = definitions.parse(
    survey_document(
        pages=[
            {"key": "p1", "questions": [csat(), why(show_if=LOW, required=True)]},
            {"key": "p2", "show_if": LOW, "questions": [nps(required=True)]},
            {"key": "p3", "questions": [topics()]},
        ]
    )
)


def keys(pages):
    return [page.key for page in pages]


def test_pages_are_open_as_far_as_the_first_gap():
    assert keys(route.open_pages(THREE_PAGES, {}, {})) == ["p1"]
    assert keys(route.open_pages(THREE_PAGES, {"csat": 5}, {})) == ["p1", "p3"]
    assert keys(route.open_pages(THREE_PAGES, {"csat": 1}, {})) == ["p1"]
    answers = {"csat": 1, "why": "Slow"}
    assert keys(route.open_pages(THREE_PAGES, answers, {})) == ["p1", "p2"]


def test_way_resumes_behind_the_last_page_that_was_turned():
    def resumed(answers, last):
        return route.resume_page(THREE_PAGES, answers, {}, last).key

    assert resumed({}, "") == "p1"
    assert resumed({"csat": 5}, "p1") == "p3"
    assert resumed({"csat": 1, "why": "Slow"}, "p1") == "p2"
    assert resumed({"csat": 5}, "p3") == "p3"
    assert resumed({"csat": 1}, "p3") == "p1"


def test_statement_is_never_missing():
    words = {"key": "hi", "kind": "statement", "text": {"en": "Hi"}}
    document = survey_document(pages=[{"key": "p1", "questions": [words, nps()]}])
    definition = definitions.parse(document)
    page = definition.pages[0]
    demanding = replace(page, questions=(replace(page.questions[0], required=True),))

    demanded = replace(definition, pages=(demanding,))

    assert route.gap(demanded, {}, {}) is None


def test_question_brought_up_by_its_page_is_told_not_demanded():
    page = THREE_PAGES.pages[0]

    reading = route.read(page, THREE_PAGES, {}, {}, {"csat": ["1"]})

    assert reading.opened == ("why",)
    assert not reading.problems
    again = route.read(page, THREE_PAGES, reading.answers, {}, {"csat": ["1"]})
    assert again.problems["why"].code == "required"


def test_blank_answer_takes_the_stored_one_away():
    page = THREE_PAGES.pages[2]

    reading = route.read(page, THREE_PAGES, {"csat": 5, "topics": ["speed"]}, {}, {})

    assert reading.answers == {"csat": 5}


values = st.lists(
    st.one_of(
        st.sampled_from(["0", "1", "5", "10", "11", "speed", "", " ", "\x00"]),
        st.text(max_size=20),
    ),
    max_size=3,
)
names = st.sampled_from(["csat", "nps", "topics", "why", "other"])


@settings(deadline=None, max_examples=150)
@given(st.lists(st.dictionaries(names, values), max_size=4))
def test_only_sound_answers_are_ever_kept(turns):
    answers: dict[str, object] = {}
    for raw in turns:
        for page in THREE_PAGES.pages:
            answers = route.read(page, THREE_PAGES, answers, {}, raw).answers

    assert set(answers) <= {"csat", "nps", "topics", "why"}
    assert answers.get("csat", 1) in range(1, 6)
    assert answers.get("nps", 0) in range(11)
    assert set(answers.get("topics", [])) <= {"speed", "quality"}
    assert "\x00" not in str(answers.get("why", ""))


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(names, values))
def test_page_read_twice_says_the_same(raw):
    page = THREE_PAGES.pages[0]
    once = route.read(page, THREE_PAGES, {}, {}, raw).answers

    assert route.read(page, THREE_PAGES, once, {}, raw).answers == once
