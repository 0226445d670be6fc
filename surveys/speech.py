"""Says a survey's texts in the respondent's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.html import conditional_escape, format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe

from surveys import rich
from surveys.definition import Texts, say
from surveys.texts import direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Says a survey's texts in one language, and marks what is in another."""

    language: str
    default: str
    # Puts answers and variables where a text names them.
    fill: Callable[[str], str] = str

    def plain(self, texts: Texts) -> str:
        return self.fill(rich.bare(say(texts, self.language, self.default)))

    def inline(self, texts: Texts) -> SafeString:
        text = self._html(texts, blocks=False)
        other = self._other(texts)
        if not other:
            return conditional_escape(text)
        way = direction(other)
        return format_html('<span lang="{}" dir="{}">{}</span>', other, way, text)

    def paragraphs(self, texts: Texts) -> SafeString:
        text = self._html(texts, blocks=True)
        if not text:
            return SafeString("")
        # Escaped or cleaned above.
        body = text if rich.has_blocks(text) else mark_safe(linebreaks(text))  # noqa: S308
        other = self._other(texts)
        if not other:
            return body
        way = direction(other)
        return format_html('<div lang="{}" dir="{}">{}</div>', other, way, body)

    def _html(self, texts: Texts, *, blocks: bool) -> SafeString:
        """A text that holds none of the tags that are known is plain."""
        text = say(texts, self.language, self.default)
        if not rich.is_rich(text):
            return conditional_escape(self.fill(text))
        # Cleaned to a small set of tags, with escaped answers in it.
        return mark_safe(rich.clean(text, blocks=blocks, fill=self.fill))  # noqa: S308

    def _other(self, texts: Texts) -> str:
        """The language of the text when it is not the page's."""
        text = say(texts, self.language, self.default)
        if not text or texts.get(self.language) == text:
            return ""
        spoken = next((code for code, one in texts.items() if one == text), "")
        same = spoken.split("-", 1)[0] == self.language.split("-", 1)[0]
        return "" if same else spoken
