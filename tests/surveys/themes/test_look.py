"""A theme's document: read with all that is wrong, and written as it was read."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import themes
from surveys.themes import ThemeError
from surveys.themes.look import APPEARANCES, FONTS, PAGINGS, PROGRESSES
from surveys.themes.stylesheet import stylesheet
from tests.factories.themes import PNG, theme_document

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def problems(**parts: Any) -> dict[str, str]:
    with pytest.raises(ThemeError) as refused:
        themes.read(theme_document(**parts))
    return {one.path: one.message for one in refused.value.problems}


def test_a_document_is_written_as_it_was_read() -> None:
    document = theme_document()

    look = themes.read(document)

    assert {"key": "acme", "name": "Acme", **look.to_document()} == document


@given(
    st.sampled_from(FONTS),
    st.sampled_from(APPEARANCES),
    st.sampled_from(PROGRESSES),
    st.sampled_from(PAGINGS),
)
@settings(deadline=None, max_examples=30)
def test_every_choice_survives_a_round_trip(font, appearance, progress, paging) -> None:
    said = {
        "font": font,
        "appearance": appearance,
        "progress": progress,
        "paging": paging,
    }

    look = themes.read(theme_document(**said))

    assert themes.read(look.to_document()) == look


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "colours",
                "font",
                "appearance",
                "progress",
                "paging",
                "logo",
                "logo_text",
                "footer",
                "links",
                "other",
            ]
        ),
        json_values,
    )
)
@settings(deadline=None, max_examples=80)
def test_any_document_is_read_or_refused_with_its_problems(document) -> None:
    try:
        look = themes.read(document)
    except ThemeError as error:
        look = themes.read_anyway(document)
        assert all(one.message for one in error.problems)  # noqa: PT017 - either
    assert stylesheet(look, fonts_at="/f/")


def test_what_is_wrong_is_said_where_it_stands() -> None:
    found = problems(
        colours={"light": {"accent": "green", "ink": "#aaa"}, "night": {}},
        font="comic",
        links=[{"label": {}, "url": "javascript:alert(1)"}],
        shadow=1,
    )

    assert set(found) == {
        *("colours.light.accent", "colours.light.ink", "colours.night", "font"),
        *("links[0].label", "links[0].url", "shadow"),
    }


def test_colours_that_are_never_shown_need_not_be_readable() -> None:
    faint = {"dark": {"ink": "#222222"}}

    assert themes.read(theme_document(colours=faint, appearance="light"))
    assert "colours.dark.ink" in problems(colours=faint, appearance="auto")


def test_a_logo_needs_its_words() -> None:
    assert set(problems(logo_text={})) == {"logo_text"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF",
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><a/></svg>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><use href='http://x/y'/></svg>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><style>@import 'x'</style></svg>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><path fill='url(http://x)'/></svg>",
        b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<svg",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 200_001,
    ],
)
def test_a_logo_that_is_no_plain_picture_is_refused(data: bytes) -> None:
    text = "data:image/png;base64," + base64.b64encode(data).decode()

    assert set(problems(logo=text)) == {"logo"}


@pytest.mark.parametrize(
    "text", ["https://x.example/logo.png", "data:x", "data:;base64,"]
)
def test_a_logo_is_kept_and_never_fetched(text: str) -> None:
    assert set(problems(logo=text)) == {"logo"}


def test_a_drawing_is_taken_whatever_it_calls_itself() -> None:
    drawing = (
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'>"
        b"<style>.a{fill:url(#b)}</style><path class='a' d='M0 0'/></svg>"
    )
    text = "data:image/png;base64," + base64.b64encode(drawing).decode()

    logo = themes.read(theme_document(logo=text)).logo

    assert logo is not None
    assert (logo.media_type, logo.ending) == ("image/svg+xml", "svg")


def test_the_stylesheet_says_only_what_the_look_changes() -> None:
    light = stylesheet(themes.read({"appearance": "light"}), fonts_at="/f/")
    auto = stylesheet(themes.read({"font": "inter"}), fonts_at="/f/")

    assert "prefers-color-scheme" not in light
    assert "font-family" not in light
    assert "prefers-color-scheme:dark" in auto
    assert 'url("/f/inter-latin-wght-normal.woff2")' in auto


def test_every_font_that_is_served_is_there() -> None:
    from config.settings import ROOT
    from surveys.themes.fonts import FONTS as KNOWN

    folder = ROOT / "static" / "respondent" / "fonts"
    files = {face.file for font in KNOWN.values() for face in font.faces}

    assert set(KNOWN) == set(FONTS)
    assert files == {path.name for path in folder.glob("*.woff2")}


def test_the_factory_has_a_real_picture() -> None:
    assert themes.read(theme_document()).logo is not None
    assert PNG.startswith(b"\x89PNG")
