"""Which language a respondent reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responses import languages


@pytest.mark.parametrize(
    ("wanted", "available", "chosen"),
    [
        (["de"], ["en", "de"], "de"),
        (["de-AT"], ["en", "de"], "de"),
        (["de"], ["en", "de-CH"], "de-CH"),
        (["de_ch"], ["en", "de-CH"], "de-CH"),
        (["fr", "de"], ["en", "de"], "de"),
        (["fr"], ["en", "de"], "en"),
        (["", " "], ["en", "de"], "en"),
        ([], ["en"], "en"),
        (["pt-BR"], ["pt-PT", "en"], "pt-PT"),
    ],
)
def test_first_wanted_language_that_is_spoken_is_chosen(wanted, available, chosen):
    assert languages.choose(wanted, available, "en") == chosen


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text()), st.lists(st.text(min_size=1), min_size=1))
def test_choice_is_always_one_that_is_spoken(wanted, available):
    assert languages.choose(wanted, available, available[0]) in available


def test_languages_are_called_as_they_call_themselves():
    assert languages.own_name("de-AT") == "Deutsch"
    assert languages.own_name("tlh") == "tlh"
