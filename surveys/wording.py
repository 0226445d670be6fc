"""Owns how the pure cores say something in the reader's language.

They import no framework: until `use` names a translator, every text stays English.
"""

from __future__ import annotations

from collections.abc import Callable

Translate = Callable[[str], str]
TranslatePlural = Callable[[str, str, int], str]


def _one_or_many(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


class _Voice:
    """The translators in use: one for the process, set when it starts."""

    one: Translate = str
    plural: TranslatePlural = staticmethod(_one_or_many)


def use(one: Translate, plural: TranslatePlural) -> None:
    """Let `one` and `plural` say every text from now on."""
    _Voice.one = staticmethod(one)
    _Voice.plural = staticmethod(plural)


def gettext(text: str) -> str:
    """Say a text in the reader's language."""
    return _Voice.one(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Say the text that fits a count."""
    return _Voice.plural(one, many, count)


def whole(number: int) -> str:
    """Say a whole number; what stands between its thousands is the language's."""
    return f"{number:,}".replace(",", gettext(","))


def quoted(text: str) -> str:
    """Put a text between the language's own quotation marks."""
    return gettext("“%(text)s”") % {"text": text}


def gettext_noop(text: str) -> str:
    """Mark a text of a table for the catalogue; `gettext` says it when it is read."""
    return text
