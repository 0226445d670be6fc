"""Texts per language, and what of a text a database can keep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

Texts = Mapping[str, str]

# PostgreSQL cannot store U+0000; the other control characters have no meaning in an
# answer and break XML exports. A lone surrogate is no character at all.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SURROGATES = re.compile(r"[\ud800-\udfff]")


def say(texts: Texts, language: str, default: str) -> str:
    """The text in the language, else its base, else the default, else any."""
    for code in (language, base(language), default, base(default)):
        text = texts.get(code)
        if text:
            return text
    return next((text for text in texts.values() if text), "")


# Languages that are written from right to left.
RIGHT_TO_LEFT = frozenset(
    ["ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"]
)
SCRIPTS = frozenset({"arab", "hebr", "thaa", "syrc"})


def direction(language: str) -> str:
    """Which way the language is written; a script that is named decides."""
    first, *rest = language.lower().split("-")
    scripts = [part for part in rest if len(part) == 4 and part.isalpha()]
    if scripts:
        return "rtl" if scripts[0] in SCRIPTS else "ltr"
    return "rtl" if first in RIGHT_TO_LEFT else "ltr"


def base(language: str) -> str:
    return language.split("-", 1)[0]


def tidy(text: str) -> str:
    """Newlines as \\n, no control characters, no blanks around."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return SURROGATES.sub("\ufffd", CONTROLS.sub("", text)).strip()


def storable(text: str) -> bool:
    return not (CONTROLS.search(text) or SURROGATES.search(text))


def texts_in(value: object) -> Iterator[str]:
    """Every text in a JSON value, names included; however deep it is."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one
        elif isinstance(one, str):
            yield one
