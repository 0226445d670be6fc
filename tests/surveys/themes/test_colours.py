"""Contrast as WCAG counts it, and palettes that everybody can read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.themes import palette as palettes
from surveys.themes.colours import BLACK, WHITE, Colour, colour, contrast, nearest

channels = st.integers(0, 255)
colours = st.builds(Colour, channels, channels, channels)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000", "#fff", 21.0), ("#777777", "#ffffff", 4.48), ("#767676", "#fff", 4.54)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, expected: float) -> None:
    found = contrast(colour(one) or BLACK, colour(other) or BLACK)

    assert found == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("text", ["", "red", "#12", "#12345g", 7, None, "#0b5c4d\n"])
def test_what_is_no_colour_is_none(text: object) -> None:
    assert colour(text) is None


@given(colours, colours, colours)
@settings(deadline=None, max_examples=50)
def test_the_colour_that_is_proposed_can_be_read(wanted, paper, sheet) -> None:
    found = nearest(wanted, palettes.TEXT, on=(paper, sheet))

    if found is not None:
        assert contrast(found, paper) >= palettes.TEXT
        assert contrast(found, sheet) >= palettes.TEXT


@given(colours, colours, colours, colours)
@settings(deadline=None, max_examples=80)
def test_all_that_follows_from_a_readable_palette_is_readable(a, b, c, d) -> None:
    chosen = {"accent": str(a), "paper": str(b), "sheet": str(c), "ink": str(d)}
    palette = palettes.light(chosen)
    if any(palettes.problems(palette)):
        # Made to fit as its complaints say.
        ink = nearest(d, palettes.TEXT, on=(b, c))
        accent = nearest(a, palettes.TEXT, on=(b, c))
        if ink is None or accent is None:
            return
        palette = palettes.light({**chosen, "ink": str(ink), "accent": str(accent)})
    assert not list(palettes.problems(palette))

    made = palettes.everything(palette)

    for text, ground in [
        *(("ink", "paper"), ("ink", "sheet"), ("ink", "tint"), ("ink", "wrong-tint")),
        *(("soft", "paper"), ("soft", "sheet"), ("soft", "tint")),
        *(("accent", "paper"), ("on-accent", "accent")),
        *(("wrong", "paper"), ("wrong", "sheet"), ("wrong", "wrong-tint")),
    ]:
        assert contrast(made[text], made[ground]) >= palettes.TEXT, (text, ground)
    for edge in ("line", "focus"):
        for ground in ("paper", "sheet"):
            assert contrast(made[edge], made[ground]) >= palettes.EDGE, (edge, ground)


def test_a_faint_accent_is_refused_in_words_with_a_way_out() -> None:
    palette = palettes.light({"accent": "#ffcc00"})

    ((part, message),) = palettes.problems(palette)

    assert part == "accent"
    assert "4.5 : 1" in message
    better = colour(message.split("#")[1].join(["#", ""])[:7])
    assert better is not None
    assert contrast(better, palette.paper) >= palettes.TEXT


def test_backgrounds_that_no_colour_fits_are_said_to_be_so() -> None:
    palette = palettes.light({"paper": "#444", "sheet": "#ccc", "ink": "#777"})

    assert any(
        "fits both backgrounds" in text for _part, text in palettes.problems(palette)
    )


def test_the_dark_accent_is_made_from_the_light_one() -> None:
    light = palettes.light({"accent": "#c2410c"})

    dark = palettes.dark({}, light)

    assert contrast(dark.accent, dark.paper) >= palettes.TEXT
    assert not list(palettes.problems(dark))
    assert dark.accent != light.accent


def test_white_and_black_stand_on_accents() -> None:
    assert palettes.everything(palettes.light({}))["on-accent"] == WHITE
    assert (
        palettes.everything(palettes.dark({}, palettes.light({})))["on-accent"] == BLACK
    )
