"""A palette: four colours that a person chooses, and all others that follow.

What is chosen must pass WCAG AA where it stands; what follows is made to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from surveys.themes.colours import (
    BLACK,
    WHITE,
    Colour,
    colour,
    contrast,
    least,
    mix,
    nearest,
)
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

# WCAG 2.2 AA: 1.4.3 for text, 1.4.11 for the edges of controls.
TEXT, EDGE = 4.5, 3.0
PARTS = ("accent", "paper", "sheet", "ink")
NAMES = {
    "accent": gettext_noop("the accent"),
    "paper": gettext_noop("the background"),
    "sheet": gettext_noop("the background of fields"),
    "ink": gettext_noop("the text"),
}
# What must be readable on what.
READ_ON = (
    ("ink", "paper"),
    ("ink", "sheet"),
    ("accent", "paper"),
    ("accent", "sheet"),
)
ERRORS = ("#b3261e", "#8c1d18", "#ffb4a9", "#ffdad6")
FOCUSES = ("#1d4ed8", "#9dbcff", "#1e3a8a", "#dbe6ff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    accent: Colour
    paper: Colour
    sheet: Colour
    ink: Colour

    @property
    def grounds(self) -> tuple[Colour, Colour]:
        return self.paper, self.sheet


LIGHT: Mapping[str, str] = {
    "accent": "#0b5c4d",
    "paper": "#fbfaf8",
    "sheet": "#ffffff",
    "ink": "#1c2421",
}
DARK: Mapping[str, str] = {
    "accent": "#6fd3bb",
    "paper": "#121715",
    "sheet": "#1b2220",
    "ink": "#edf1ef",
}


def light(chosen: Mapping[str, str]) -> Palette:
    return _palette({**LIGHT, **chosen})


def dark(chosen: Mapping[str, str], bright: Palette) -> Palette:
    """The dark palette; an accent that is not chosen is the light one, made to fit."""
    palette = _palette({**DARK, **chosen})
    if "accent" in chosen or bright == light({}):
        return palette
    fitting = nearest(bright.accent, TEXT, on=palette.grounds) or palette.ink
    return Palette(
        accent=fitting, paper=palette.paper, sheet=palette.sheet, ink=palette.ink
    )


def _palette(texts: Mapping[str, str]) -> Palette:
    accent, paper, sheet, ink = (colour(texts[part]) or BLACK for part in PARTS)
    return Palette(accent=accent, paper=paper, sheet=sheet, ink=ink)


def problems(palette: Palette) -> Iterator[tuple[str, str]]:
    """What cannot be read, by the part to change, in words and with a way out."""
    for part, ground in READ_ON:
        found = contrast(getattr(palette, part), getattr(palette, ground))
        # A part that fails on both grounds is told once, with what helps on both.
        earlier = ground == "sheet" and _fails(palette, part, "paper")
        if found < TEXT and not earlier:
            yield part, _complaint(palette, part, ground, found)


def _fails(palette: Palette, part: str, ground: str) -> bool:
    return contrast(getattr(palette, part), getattr(palette, ground)) < TEXT


def _complaint(palette: Palette, part: str, ground: str, found: float) -> str:
    said = _(
        "Too faint: %(part)s on %(ground)s has a contrast of %(found)s : 1, and "
        "people need 4.5 : 1 to read it (WCAG AA)."
    ) % {"part": _(NAMES[part]), "ground": _(NAMES[ground]), "found": _shown(found)}
    better = nearest(getattr(palette, part), TEXT, on=palette.grounds)
    way_out = _("No such colour fits both backgrounds: change one.")
    if better is not None:
        way_out = _("%(better)s would do.") % {"better": better}
    return f"{said} {way_out}"


def _shown(found: float) -> str:
    """Cut, not rounded: 4.49 is not 4.5."""
    return f"{int(found * 10) / 10:.1f}"


def everything(palette: Palette) -> dict[str, Colour]:
    """Every colour of the respondents' stylesheet, by its name there."""
    accent, paper, sheet, ink = (
        palette.accent,
        palette.paper,
        palette.sheet,
        palette.ink,
    )
    tint = _tint(palette)
    wrong = _first(ERRORS, TEXT, palette) or ink
    return {
        "paper": paper,
        "sheet": sheet,
        "ink": ink,
        "soft": least(
            lambda share: mix(mix(ink, paper, 0.3), ink, share), TEXT, on=(paper, tint)
        )
        or ink,
        "line": least(
            lambda share: mix(mix(ink, paper, 0.55), ink, share),
            EDGE,
            on=palette.grounds,
        )
        or ink,
        "faint": mix(paper, ink, 0.14),
        "accent": accent,
        "on-accent": max((WHITE, BLACK), key=lambda one: contrast(one, accent)),
        "tint": tint,
        "wrong": wrong,
        "wrong-tint": _under(paper, wrong, ink),
        "focus": _first(FOCUSES, EDGE, palette) or ink,
    }


def _tint(palette: Palette) -> Colour:
    """A breath of the accent that text can still be read on."""
    for share in (0.1, 0.06, 0.03):
        found = mix(palette.sheet, palette.accent, share)
        if contrast(palette.ink, found) >= TEXT:
            return found
    return palette.sheet


def _under(paper: Colour, wrong: Colour, ink: Colour) -> Colour:
    for share in (0.08, 0.05, 0.02):
        found = mix(paper, wrong, share)
        if min(contrast(wrong, found), contrast(ink, found)) >= TEXT:
            return found
    return paper


def _first(texts: tuple[str, ...], needed: float, palette: Palette) -> Colour | None:
    for text in texts:
        found = colour(text)
        if found and all(contrast(found, one) >= needed for one in palette.grounds):
            return found
    return None
