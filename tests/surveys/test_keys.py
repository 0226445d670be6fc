from __future__ import annotations

import re

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from surveys.definition import DefinitionError, parse
from surveys.definition.names import RESERVED
from surveys.keys import propose
from tests.factories.surveys import csat, make_survey, survey_document


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("How satisfied are you?", "how_satisfied_are_you"),
        ("Würden Sie uns weiterempfehlen?", "wurden_sie_uns_weiterempfehlen"),
        ("Straße", "strasse"),
        ("3 wishes", "question_3_wishes"),
        ("你好", "question"),
        ("", "question"),
        ("x" * 60, "x" * 40),
        ("one two three four five six seven eight nine", None),
    ],
)
def test_a_key_is_made_of_the_words(text: str, key: str | None) -> None:
    proposed = propose(text, (), fallback="question")

    assert proposed == (key or "one_two_three_four_five_six_seven_eight")


def test_a_taken_key_is_counted_on() -> None:
    assert propose("Yes", {"yes", "yes_2"}, fallback="choice") == "yes_3"
    assert len(propose("x" * 60, {"x" * 40}, fallback="choice")) == 40


@given(st.text(), st.sets(st.sampled_from(["a", "b", "question", "a_2"])))
def test_every_proposal_is_a_key(text: str, taken: set[str]) -> None:
    key = propose(text, taken, fallback="question")

    assert re.fullmatch(r"[a-z][a-z0-9_]{0,39}", key)
    assert key not in taken


@pytest.mark.parametrize("key", sorted(RESERVED))
def test_a_key_that_means_something_else_is_refused_where_it_stands(key: str) -> None:
    document = survey_document(pages=[{"key": "p1", "questions": [csat(key=key)]}])

    with pytest.raises(DefinitionError) as refused:
        parse(document)

    (problem,) = refused.value.problems
    assert problem.path == "pages[0].questions[0].key"
    assert f"“{key}” is the name of something else" in problem.message
    assert parse(document, frozen=True).question(key)


@pytest.mark.django_db
def test_such_a_key_is_refused_at_its_field_and_never_proposed(designer) -> None:
    page = make_survey().pages.first()
    address = reverse("admin:surveys_question_add") + f"?page={page.pk}"
    form = {"page": page.pk, "kind": "short_text", "text_en": "Record"}
    choices = {"choices-TOTAL_FORMS": "0", "choices-INITIAL_FORMS": "0"}

    wrong = designer.post(address, {**form, **choices, "key": "record"})
    designer.post(address, {**form, **choices})

    assert set(wrong.context["adminform"].form.errors) == {"key"}
    assert page.questions.filter(key="record_2").exists()
