"""Every kind of question: its document, its answers and what is read from them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveys.answers import AnswerProblem, Checked, check, facet, facets, parts, to_raw
from surveys.definition import DefinitionError, Question, parse, to_document
from tests.factories.kinds import ANSWERS, EVERY_KIND, LOOKS, every_kind, of_kind
from tests.factories.surveys import survey_document
from tests.surveys import strategies

OPEN = of_kind("single_choice", other=True)
OPEN_BOXES = of_kind("multiple_choice", other=True)


def question(document: dict[str, Any]) -> Question:
    pages = [{"key": "p1", "questions": [document]}]
    return next(parse(survey_document(pages=pages)).questions())


def problems(document: dict[str, Any]) -> set[str]:
    with pytest.raises(DefinitionError) as raised:
        question(document)
    return {
        problem.path.removeprefix("pages[0].questions[0].")
        for problem in raised.value.problems
    }


def test_every_kind_survives_its_document() -> None:
    document = survey_document(pages=[{"key": "p1", "questions": every_kind()}])
    definition = parse(document)

    assert parse(to_document(definition)) == definition
    assert {one.kind.value for one in definition.questions()} == set(EVERY_KIND)


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_of_each_kind_is_kept_in_its_canonical_form(kind: str) -> None:
    raw, value = ANSWERS[kind]

    assert check(question(of_kind(kind)), raw) == Checked(value)


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_canonical_answer_makes_the_form_that_gives_it_again(kind: str) -> None:
    asked = question(of_kind(kind))
    value = ANSWERS[kind][1]

    assert check(asked, to_raw(asked, value)) == Checked(value)


@pytest.mark.parametrize("kind", sorted(set(ANSWERS) - {"consent"}))
def test_nothing_is_an_answer_that_is_left_blank(kind: str) -> None:
    for raw in ([], {}, {"": ["  ", ""]}, {"gone": ["x"]}):
        assert check(question(of_kind(kind)), raw) == Checked(None)
        answer = check(question(of_kind(kind, required=True)), raw)
        assert isinstance(answer, AnswerProblem), raw
        assert answer.code == "required"


def test_a_consent_that_is_not_given_is_a_no() -> None:
    assert check(question(of_kind("consent")), []) == Checked(False)
    problem = check(question(of_kind("consent", required=True)), [])
    assert isinstance(problem, AnswerProblem)
    assert problem.code == "consent"


WHOLE = of_kind("number", step=1, min=None, max=None)
FREE = of_kind("number", min=None, max=None)
CODE = of_kind(
    "short_text", pattern="[A-Z]{2}-\\d+", pattern_hint={"en": "Like AB-12."}
)


@pytest.mark.parametrize(
    ("document", "raw", "code"),
    [
        (of_kind("number"), ["12a"], "not_a_number"),
        (of_kind("number"), ["1e3"], "not_a_number"),
        (of_kind("number"), ["٣"], "not_a_number"),
        (of_kind("number"), ["1,500"], "not_a_number"),
        (of_kind("number"), ["1.500,00"], "not_a_number"),
        (of_kind("number"), ["nan"], "not_a_number"),
        (of_kind("number"), ["-1"], "out_of_range"),
        (of_kind("number"), ["200.5"], "out_of_range"),
        (FREE, ["9" * 16], "out_of_range"),
        (FREE, ["9" * 1_000_000], "out_of_range"),
        (FREE, ["1.1234567"], "off_step"),
        (WHOLE, ["1.5"], "off_step"),
        (of_kind("slider"), ["33"], "off_step"),
        (of_kind("slider"), ["105"], "out_of_range"),
        (of_kind("slider"), ["5", "10"], "one_answer_only"),
        (of_kind("email"), ["ada"], "not_an_email"),
        (of_kind("email"), ["a@b"], "not_an_email"),
        (of_kind("email"), ["a b@example.com"], "not_an_email"),
        (of_kind("email"), ["a@example.com,b@example.com"], "not_an_email"),
        (of_kind("email"), ["a@example.com\nBcc: b@example.com"], "not_an_email"),
        (of_kind("email"), ["x" * 65 + "@example.com"], "not_an_email"),
        (of_kind("email"), ["x" * 1_000_000 + "@example.com"], "too_long"),
        (of_kind("phone"), ["call me"], "not_a_phone"),
        (of_kind("phone"), ["123"], "not_a_phone"),
        (of_kind("phone"), ["1" * 16], "not_a_phone"),
        (of_kind("phone"), ["++4930123456"], "not_a_phone"),
        (of_kind("phone"), ["1" * 1_000_000], "too_long"),
        (of_kind("url"), ["javascript:alert(1)"], "not_a_url"),
        (of_kind("url"), ["ftp://example.com"], "not_a_url"),
        (of_kind("url"), ["http://user:pw@example.com"], "not_a_url"),
        (of_kind("url"), ["http://[::1"], "not_a_url"),
        (of_kind("url"), ["localhost"], "not_a_url"),
        (of_kind("url"), ["example.com/<script>"], "not_a_url"),
        (of_kind("url"), ["https://example.com/" + "a" * 2000], "too_long"),
        (of_kind("date"), ["2026-02-30"], "not_a_date"),
        (of_kind("date"), ["31.12.2026"], "not_a_date"),
        (of_kind("date"), ["２０２６-01-01"], "not_a_date"),
        (of_kind("date"), ["2019-12-31"], "too_early"),
        (of_kind("date"), ["2031-01-01"], "too_late"),
        (of_kind("date", earliest="", latest=""), ["0001-01-01"], "not_a_date"),
        (of_kind("time"), ["24:00"], "not_a_time"),
        (of_kind("time"), ["noon"], "not_a_time"),
        (of_kind("time", latest="17:00"), ["17:30"], "too_late"),
        (of_kind("datetime"), ["2026-02-28"], "not_a_datetime"),
        (of_kind("datetime"), ["2026-02-28T25:00"], "not_a_datetime"),
        (CODE, ["ab-12"], "pattern"),
        (CODE, ["AB-"], "pattern"),
        (of_kind("rating", icons="stars"), ["6"], "out_of_range"),
        (OPEN, {"": ["other"]}, "nothing_written"),
        (OPEN, {"": ["other"], "other": ["x" * 256]}, "too_long"),
        (OPEN, {"": ["other"], "other": ["a", "b"]}, "one_answer_only"),
        (OPEN, {"": ["red", "other"]}, "one_answer_only"),
        (OPEN, {"": ["gold"]}, "unknown_choice"),
        (of_kind("single_choice"), {"": ["other"], "other": ["x"]}, "unknown_choice"),
        (OPEN_BOXES, {"": ["other"]}, "nothing_written"),
        (of_kind("multiple_choice"), {"": ["none", "red"]}, "not_alone"),
        (OPEN_BOXES, {"": ["none"], "other": ["x"]}, "not_alone"),
        (of_kind("matrix"), {"speed": ["gold"]}, "unknown_choice"),
        (of_kind("matrix"), {"speed": ["red", "blue"]}, "one_answer_only"),
        (of_kind("matrix", required=True), {"speed": ["red"]}, "row_missing"),
        (of_kind("ranking"), {"red": ["1"], "blue": ["1"]}, "rank_twice"),
        (of_kind("ranking"), {"red": ["0"]}, "out_of_range"),
        (of_kind("ranking"), {"red": ["4"]}, "out_of_range"),
        (of_kind("ranking"), {"red": ["first"]}, "out_of_range"),
        (of_kind("ranking"), {"red": ["9" * 1_000_000]}, "out_of_range"),
        (of_kind("ranking"), {"red": ["1", "2"]}, "one_answer_only"),
        (of_kind("ranking", required=True), {"red": ["1"]}, "rank_missing"),
        (of_kind("contact"), {"email": ["ada@example.com"]}, "field_missing"),
        (of_kind("contact"), {"name": ["A"], "email": ["ada"]}, "not_an_email"),
        (of_kind("contact"), {"name": ["A", "B"]}, "one_answer_only"),
        (of_kind("contact"), {"name": ["x" * 1_000_000]}, "too_long"),
        (of_kind("consent"), ["yes"], "unknown_choice"),
        (of_kind("consent"), ["true", "false"], "one_answer_only"),
        (of_kind("file"), ["../../etc/passwd"], "unknown_file"),
        (of_kind("file"), ["0B9F1C52"], "unknown_file"),
    ],
)
def test_a_wrong_answer_is_told_by_its_code(
    document: dict[str, Any], raw: Any, code: str
) -> None:
    answer = check(question(document), raw)

    assert isinstance(answer, AnswerProblem), answer
    assert answer.code == code


@pytest.mark.parametrize(
    ("document", "raw", "value"),
    [
        (FREE, ["-0,5"], -0.5),
        (FREE, ["\N{MINUS SIGN}7"], -7),
        (FREE, ["007.0"], 7),
        (FREE, ["0,125"], 0.125),
        (FREE, ["1.125"], 1.125),
        (WHOLE, ["+3"], 3),
        (of_kind("phone"), ["0049 30 1234567"], "+49301234567"),
        (of_kind("phone"), ["030 / 123 45 67"], "0301234567"),
        (
            of_kind("url"),
            ["HTTP://Example.COM/Path?q=1"],
            "http://example.com/Path?q=1",
        ),
        (of_kind("url"), ["example.com:8080"], "https://example.com:8080"),
        (of_kind("url"), ["müller.example"], "https://müller.example"),
        (of_kind("time"), ["23:59:30"], "23:59:30"),
        (of_kind("time"), ["08:00:00"], "08:00"),
        (of_kind("datetime"), ["2026-02-28 9:05"], "2026-02-28T09:05"),
        (CODE, ["AB-12"], "AB-12"),
        (OPEN, {"other": ["Violet"]}, {"other": "Violet"}),
        (OPEN, {"": ["other"], "other": ["Violet"]}, {"other": "Violet"}),
        (OPEN, {"": ["red"], "other": ["Violet"]}, "red"),
        (OPEN_BOXES, {"": ["red"], "other": ["Ash"]}, ["red", {"other": "Ash"}]),
        (of_kind("ranking"), {"blue": ["3"], "red": ["1"]}, ["red", "blue"]),
        (of_kind("matrix"), {"speed": ["red"]}, {"speed": "red"}),
        (of_kind("consent"), ["false"], False),
    ],
)
def test_an_answer_is_brought_to_its_canonical_form(
    document: dict[str, Any], raw: Any, value: object
) -> None:
    asked = question(document)

    assert check(asked, raw) == Checked(value)
    assert check(asked, to_raw(asked, value)) == Checked(value)


@pytest.mark.parametrize(
    ("document", "answer", "name", "value"),
    [
        (of_kind("number"), 82.5, None, 82.5),
        (of_kind("slider"), True, None, None),
        (of_kind("email"), "a@example.com", "domain", "example.com"),
        (of_kind("short_text"), "a@example.com", "domain", None),
        (of_kind("date"), "2026-02-28", None, "2026-02-28"),
        (of_kind("consent"), False, None, False),
        (of_kind("consent"), None, None, None),
        (OPEN, {"other": "Violet"}, None, "other"),
        (OPEN, {"other": "Violet"}, "label", "Violet"),
        (OPEN, {"other": "Violet"}, "other", "Violet"),
        (OPEN, "red", "other", None),
        (of_kind("single_choice"), {"other": "x"}, None, None),
        (OPEN_BOXES, ["red", {"other": "Ash"}], None, ["red", "other"]),
        (OPEN_BOXES, ["red", {"other": "Ash"}], "labels", "Red;Ash"),
        (OPEN_BOXES, ["red", {"other": "Ash"}], "count", 2),
        (OPEN_BOXES, ["red", {"other": "Ash"}], "has:other", True),
        (OPEN_BOXES, ["red"], "has:other", False),
        (of_kind("matrix"), {"speed": "red", "price": "blue"}, None, 2),
        (of_kind("matrix"), {"speed": "red", "price": "blue"}, "mean", 2.0),
        (of_kind("matrix"), {"speed": "red"}, "key:speed", "red"),
        (of_kind("matrix"), {"speed": "red"}, "label:speed", "Red"),
        (of_kind("matrix"), {"speed": "red"}, "score:speed", 1),
        (of_kind("matrix"), {"speed": "red"}, "key:price", None),
        (of_kind("ranking"), ["blue", "red"], None, "blue"),
        (of_kind("ranking"), ["blue", "red"], "rank:red", 2),
        (of_kind("ranking"), ["blue", "red"], "rank:green", None),
        (of_kind("ranking"), ["blue", "red"], "labels", "Blue;Red"),
        (of_kind("contact"), {"name": "Ada"}, None, "Ada"),
        (of_kind("contact"), {"name": "Ada"}, "email", None),
        (of_kind("file"), "0b9f", "id", "0b9f"),
        (of_kind("file"), "0b9f", None, None),
        (of_kind("file"), {"id": "0b9f", "name": "a.pdf"}, None, "a.pdf"),
    ],
)
def test_a_facet_of_each_kind(
    document: dict[str, Any], answer: object, name: str | None, value: object
) -> None:
    assert facet(question(document), answer, name, "en") == value


@pytest.mark.parametrize("document", every_kind(), ids=lambda one: str(one["key"]))
def test_every_facet_is_named_and_shown(document: dict[str, Any]) -> None:
    for one in facets(question(document)):
        assert one.label
        # A write-in has no score.
        assert one.example is not None or one.name == "score"


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (of_kind("number", min=5, max=5), "min"),
        (of_kind("number", step=0), "step"),
        (of_kind("number", min=0.1234567), "min"),
        (of_kind("slider", step=0.001), "step"),
        (of_kind("date", earliest="tomorrow"), "earliest"),
        (of_kind("date", earliest="2030-01-01", latest="2029-01-01"), "earliest"),
        (of_kind("short_text", pattern="("), "pattern"),
        (of_kind("short_text", pattern="a"), "pattern_hint"),
        (of_kind("rating", icons="hearts"), "icons"),
        (of_kind("rating", icons="stars", max=20), "icons"),
        (of_kind("single_choice", display="wheel"), "display"),
        (of_kind("single_choice", columns=9), "columns"),
        (of_kind("multiple_choice", display="dropdown"), "display"),
        (of_kind("single_choice", other="yes"), "other"),
        (
            of_kind(
                "single_choice",
                other=True,
                choices=[{"key": "other", "label": {"en": "Other"}}],
            ),
            "other",
        ),
        (
            of_kind(
                "ranking",
                choices=[{"key": "a", "label": {"en": "A"}, "exclusive": True}],
            ),
            "choices",
        ),
        (of_kind("matrix", rows=[]), "rows"),
        (of_kind("matrix", rows=[{"key": "a", "label": {}}]), "rows[0].label"),
        (of_kind("contact", fields=[]), "fields"),
        (
            of_kind(
                "contact", fields=[{"key": "a", "label": {"en": "A"}, "kind": "x"}]
            ),
            "fields[0].kind",
        ),
        (of_kind("file", types=["program"]), "types"),
        (of_kind("file", types="pdf"), "types"),
        (of_kind("file", types=[["pdf"]]), "types"),
        (of_kind("file", max_size=5000), "max_size"),
        (of_kind("email", max_length=3), "max_length"),
    ],
)
def test_an_option_is_checked(document: dict[str, Any], path: str) -> None:
    assert path in problems(document)


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (of_kind("nps"), {"op": "gt", "value": 10}),
        (of_kind("rating"), {"op": "eq", "value": 6}),
        (of_kind("number"), {"op": "lt", "value": 0}),
        (of_kind("ranking"), {"facet": "rank:red", "op": "ge", "value": 4}),
        (of_kind("time"), {"op": "lt", "value": "noon"}),
        (of_kind("matrix"), {"facet": "key:speed", "op": "eq", "value": "gold"}),
        (of_kind("consent"), {"op": "eq", "value": "perhaps"}),
    ],
)
def test_a_rule_that_can_never_hold_is_refused(
    document: dict[str, Any], rule: dict[str, Any]
) -> None:
    later = of_kind("short_text", show_if={"question": document["key"], **rule})
    pages = [{"key": "p1", "questions": [document, later]}]

    with pytest.raises(DefinitionError) as raised:
        parse(survey_document(pages=pages))

    assert raised.value.problems[0].path == "pages[0].questions[1].show_if"


HOSTILE = [of_kind(kind) for kind in EVERY_KIND] + LOOKS


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_hostile_values_never_raise_and_leave_what_can_be_kept(
    data: st.DataObject,
) -> None:
    asked = question(data.draw(st.sampled_from(HOSTILE)))
    names = st.sampled_from(["", "other", *parts(asked)])
    values = st.lists(strategies.hostile_texts, max_size=3)
    raw = data.draw(st.dictionaries(names, values, max_size=4))

    answer = check(asked, raw)

    if isinstance(answer, Checked):
        assert check(asked, to_raw(asked, answer.value)) == answer
        for one in facets(asked):
            facet(asked, answer.value, one.name, "en")


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(HOSTILE), strategies.json_values)
@example(of_kind("number"), float("inf"))
@example(of_kind("number"), float("nan"))
def test_reading_a_strange_answer_of_any_kind_never_raises(
    document: dict[str, Any], answer: object
) -> None:
    asked = question(document)

    for one in facets(asked):
        facet(asked, answer, one.name, "en")
    to_raw(asked, answer)
