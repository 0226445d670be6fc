from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.texts import direction, storable, tidy


@given(st.text(st.characters()))
def test_a_tidy_text_can_be_stored_and_stays(text: str) -> None:
    tidied = tidy(text)

    assert storable(tidied)
    assert "\r" not in tidied
    assert tidy(tidied) == tidied


def test_what_cannot_be_stored() -> None:
    assert not storable("a\x00")
    assert not storable("\udfff")
    assert storable("Zeile\nzwei\t🎉")


@pytest.mark.parametrize(
    ("language", "way"),
    [
        ("ar", "rtl"),
        ("UR", "rtl"),
        ("", "ltr"),
        ("he-IL", "rtl"),
        ("ckb", "rtl"),
        ("en", "ltr"),
        ("de-AT", "ltr"),
        ("ku-Arab", "rtl"),
        ("pa-Arab-PK", "rtl"),
        ("az-Latn", "ltr"),
        ("ur-Latn", "ltr"),
    ],
)
def test_a_language_is_written_its_way(language: str, way: str) -> None:
    assert direction(language) == way
