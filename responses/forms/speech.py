"""Says a survey's texts in the respondent's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.html import conditional_escape, format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe

from responses import languages
from surveys.definition import Texts, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Says a survey's texts in one language, and marks what is in another."""

    language: str
    default: str
    # Puts answers and variables where a text names them.
    fill: Callable[[str], str] = str

    def plain(self, texts: Texts) -> str:
        return self.fill(say(texts, self.language, self.default))

    def inline(self, texts: Texts) -> SafeString:
        text = self.plain(texts)
        other = self._other(texts)
        if not other:
            return conditional_escape(text)
        way = languages.direction(other)
        return format_html('<span lang="{}" dir="{}">{}</span>', other, way, text)

    def paragraphs(self, texts: Texts) -> SafeString:
        text = self.plain(texts)
        if not text:
            return SafeString("")
        body = mark_safe(linebreaks(text, autoescape=True))  # noqa: S308 - escaped
        other = self._other(texts)
        if not other:
            return body
        way = languages.direction(other)
        return format_html('<div lang="{}" dir="{}">{}</div>', other, way, body)

    def _other(self, texts: Texts) -> str:
        """The language of the text when it is not the page's."""
        text = say(texts, self.language, self.default)
        if not text or texts.get(self.language) == text:
            return ""
        spoken = next((code for code, one in texts.items() if one == text), "")
        same = spoken.split("-", 1)[0] == self.language.split("-", 1)[0]
        return "" if same else spoken
