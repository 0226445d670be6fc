"""Patterns of texts, compared with what Python's own regular expressions say."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import patterns

KNOWN = [
    "abc",
    "a*",
    "a+b?",
    "[a-c]{2,3}",
    "(ab|c)*d",
    "(?:a|b){2}",
    "[^a]b",
    "\\d{2}\\.\\d",
    "a{0,2}b{1,}",
    "(a*)*b",
    "(a|a)*c",
    "[]a]b",
    "[a-]c",
    "a|",
    "\\\\d",
]


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(KNOWN), st.text("abcd.-]0123\\", max_size=8))
def test_a_pattern_means_what_it_means_elsewhere(pattern: str, text: str) -> None:
    assert patterns.fits(pattern, text) == bool(re.fullmatch(pattern, text))


def test_ends_may_be_said() -> None:
    assert patterns.fits("^a+$", "aa")
    assert not patterns.fits("^a+$", "aab")


@pytest.mark.parametrize(
    "pattern",
    [
        *("(", ")", "a)", "[a", "*a", "a**", "a{2", "a{5,2}", "a{9999}", "\\b"),
        *("\\1", "(?=a)", "(?P<n>a)", "[z-a]", "a{,3}", "^*", "\\", "(a{300}){300}"),
        "(" * 60 + ")" * 60,
    ],
)
def test_what_is_not_understood_is_refused(pattern: str) -> None:
    with pytest.raises(patterns.PatternError):
        patterns.compiled(pattern)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|aa)+b", "(a*a*a*a*a*)*b"])
def test_no_pattern_keeps_a_process_busy(pattern: str) -> None:
    # With backtracking each of these takes longer than anybody waits.
    assert not patterns.fits(pattern, "a" * 255)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=20), st.text(max_size=20))
def test_any_pattern_is_refused_or_asked(pattern: str, text: str) -> None:
    try:
        patterns.fits(pattern, text)
    except patterns.PatternError:
        return
