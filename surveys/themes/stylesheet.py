"""A look as the stylesheet that comes behind the pages' own."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.themes import fonts
from surveys.themes.look import Look
from surveys.themes.palette import Palette, everything


def stylesheet(look: Look, *, fonts_at: str) -> str:
    """Only names of colours and the font: how pages are laid out is not a theme's."""
    return "\n".join(_rules(look, fonts_at)) + "\n"


def _rules(look: Look, fonts_at: str) -> Iterator[str]:
    yield from fonts.rules(look.font, fonts_at)
    first = look.dark if look.appearance == "dark" else look.light
    yield f":root{{color-scheme:{look.scheme};{_colours(first)}}}"
    if look.appearance == "auto":
        dark = f":root{{{_colours(look.dark)}}}"
        yield f"@media (prefers-color-scheme:dark){{{dark}}}"
    if look.font != "system":
        yield f"body{{font-family:{fonts.FONTS[look.font].family}}}"


def _colours(palette: Palette) -> str:
    colours = everything(palette)
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())
