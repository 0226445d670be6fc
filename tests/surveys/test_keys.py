from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.keys import propose


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
