from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from surveys.texts import storable, tidy


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
