"""Owns how a survey looks: its colours, fonts and what stands around it, as data.

Pure: no row, no request. `surveys.theming` acts on the rows.
"""

from surveys.themes.look import (
    APPEARANCES,
    FONTS,
    PAGINGS,
    PROGRESSES,
    USUAL,
    Link,
    Look,
    ThemeError,
    read,
    read_anyway,
)
from surveys.themes.stylesheet import stylesheet

__all__ = [
    "APPEARANCES",
    "FONTS",
    "PAGINGS",
    "PROGRESSES",
    "USUAL",
    "Link",
    "Look",
    "ThemeError",
    "read",
    "read_anyway",
    "stylesheet",
]
