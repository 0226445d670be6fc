"""The fonts that a theme can choose: of the reader's system, or served by ourselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'
SERIF = 'Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif'
ROUNDED = (
    'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Nunito, "Arial Rounded MT '
    f'Bold", {SANS}'
)
LATIN = (
    "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,"
    "U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD"
)
LATIN_EXT = (
    "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,"
    "U+0329,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,"
    "U+2113,U+2C60-2C7F,U+A720-A7FF"
)


@dataclass(frozen=True, slots=True)
class Face:
    """One file of a font: which letters it has, and in what weights."""

    file: str
    weight: str
    letters: str


@dataclass(frozen=True, slots=True)
class Font:
    family: str
    faces: tuple[Face, ...] = ()


def _variable(name: str, heaviest: str) -> tuple[Face, ...]:
    return (
        Face(f"{name}-latin-wght-normal.woff2", heaviest, LATIN),
        Face(f"{name}-latin-ext-wght-normal.woff2", heaviest, LATIN_EXT),
    )


FONTS: Mapping[str, Font] = {
    "system": Font(SANS),
    "serif": Font(SERIF),
    "rounded": Font(ROUNDED),
    "inter": Font(f'"Inter", {SANS}', _variable("inter", "100 900")),
    "source-serif": Font(
        f'"Source Serif 4", {SERIF}', _variable("source-serif-4", "200 900")
    ),
    "atkinson": Font(
        f'"Atkinson Hyperlegible", {SANS}',
        tuple(
            Face(f"atkinson-hyperlegible-{part}-{weight}-normal.woff2", weight, letters)
            for weight in ("400", "700")
            for part, letters in (("latin", LATIN), ("latin-ext", LATIN_EXT))
        ),
    ),
}


def rules(name: str, address: str) -> Iterator[str]:
    """The font's files; `address` is the folder that they are served from."""
    font = FONTS[name]
    family = font.family.partition(",")[0]
    for face in font.faces:
        yield (
            f"@font-face{{font-family:{family};font-style:normal;font-display:swap;"
            f"font-weight:{face.weight};unicode-range:{face.letters};"
            f'src:url("{address}{face.file}")format("woff2")}}'
        )
