"""Owns the languages of a page: the survey's, and the one its buttons speak.

A survey may be in a language into which Tellback itself is not translated; then
its own words are marked, so that screen readers pronounce both.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from responses import languages
from surveys.texts import direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    language: str
    # The language of buttons and messages.
    interface: str

    @property
    def direction(self) -> str:
        return direction(self.language)

    @property
    def marks(self) -> SafeString:
        """Attributes for words of the interface amid those of the survey."""
        if languages.match(self.language, [self.interface]):
            return SafeString("")
        way = direction(self.interface)
        return format_html(' lang="{}" dir="{}"', self.interface, way)


def tongue(language: str) -> Tongue:
    spoken = languages.match(language, [code for code, _name in settings.LANGUAGES])
    return Tongue(
        language=language or settings.LANGUAGE_CODE,
        interface=spoken or settings.LANGUAGE_CODE,
    )
