"""Reads the parts of a survey document one by one and notes what is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveys import conditions
from surveys.definition.problems import Findings
from surveys.texts import storable, tidy
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
SURVEY_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,49}\Z")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}\Z")
LONGEST_LABEL = 500
LONGEST_LANGUAGE = 16
HIGHEST_SCORE = 1_000_000_000

KEY_HINT = gettext_noop(
    "Use up to 40 lower-case letters, digits and underscores, starting with a letter."
)
SURVEY_KEY_HINT = gettext_noop("Use up to 50 lower-case letters, digits and hyphens.")


@dataclass(frozen=True, slots=True)
class Node:
    """One object of the document, and where it stands."""

    document: Mapping[str, Any]
    path: str
    findings: Findings

    def add(self, name: str, message: str) -> None:
        self.findings.add(self.at(name), message)

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path and name else self.path or name

    def only(self, known: Collection[str]) -> None:
        for name in self.document:
            if name not in known:
                self.add(str(name)[:80], _("This is not known here."))

    def key(self) -> str:
        return self._matching("key", KEY, _(KEY_HINT))

    def survey_key(self) -> str:
        return self._matching("key", SURVEY_KEY, _(SURVEY_KEY_HINT))

    def _matching(self, name: str, pattern: re.Pattern[str], hint: str) -> str:
        value = self.document.get(name)
        if isinstance(value, str) and pattern.match(value):
            return value
        self.add(name, hint)
        return ""

    def language(self, name: str, default: str) -> str:
        value = self.document.get(name, default)
        if is_language(value):
            return str(value)
        self.add(name, _("Use a language code such as en, de or pt-BR."))
        return default

    def flag(self, name: str) -> bool:
        value = self.document.get(name, False)
        if not isinstance(value, bool):
            self.add(name, _("Use true or false."))
        return value is True

    def line(self, name: str, longest: int) -> str:
        value = self.document.get(name, "")
        if not isinstance(value, str) or len(value) > longest:
            self.add(
                name,
                _("Use a text of up to %(most)s characters.") % {"most": longest},
            )
            return ""
        return tidy(value)

    def whole(self, name: str, low: int, high: int) -> int | None:
        value = self.document.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.add(name, _("Use a whole number."))
            return None
        if not low <= value <= high:
            self.add(
                name,
                _("Use a whole number from %(low)s to %(high)s.")
                % {"low": low, "high": high},
            )
            return None
        return value

    def word(self, name: str, words: Sequence[str]) -> str:
        """One of the words; the first when nothing is said."""
        value = self.document.get(name, words[0])
        if isinstance(value, str) and value in words:
            return value
        self.add(name, _("Use one of %(words)s.") % {"words": ", ".join(words)})
        return words[0]

    def decimal(self, name: str, *, most: int = HIGHEST_SCORE) -> float | None:
        value = self.document.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.add(name, _("Use a number."))
            return None
        if not math.isfinite(value) or abs(value) > most:
            self.add(name, _("Use a number of at most %(most)s.") % {"most": most})
            return None
        return float(value)

    def texts(
        self, name: str, *, longest: int, needed_in: str | None = None
    ) -> dict[str, str]:
        value = self.document.get(name)
        value = {} if value is None else value
        if not isinstance(value, Mapping):
            self.add(name, _('Give the text per language, such as {"en": "…"}.'))
            return {}
        texts = {
            language: text
            for language, given in value.items()
            if (text := self._text(name, language, given, longest))
        }
        if needed_in is not None and needed_in not in texts:
            self.add(
                name,
                _("The text in the default language (%(language)s) is missing.")
                % {"language": needed_in},
            )
        return texts

    def _text(self, name: str, language: object, text: object, longest: int) -> str:
        where = f"{name}.{language}"[:80]
        if not is_language(language):
            self.add(where, _("Use language codes such as en, de or pt-BR."))
        elif not isinstance(text, str) or len(text) > longest:
            self.add(
                where,
                _("Use a text of up to %(most)s characters.") % {"most": longest},
            )
        else:
            return tidy(text)
        return ""

    def nodes(
        self, name: str, *, most: int, needed: str | None = None
    ) -> Iterator[Node]:
        """The objects of a list; `needed` is said when there are none."""
        value = self.document.get(name)
        value = [] if value is None else value
        if not isinstance(value, list | tuple):
            self.add(name, _("This must be a list."))
            return
        if needed and not value:
            self.add(name, needed)
        if len(value) > most:
            self.add(
                name, _("There may be at most %(most)s of these.") % {"most": most}
            )
            return
        for index, part in enumerate(value):
            path = f"{self.at(name)}[{index}]"
            if isinstance(part, Mapping):
                yield Node(part, path, self.findings)
            else:
                self.findings.add(path, _("This must be an object."))

    def rule(self, name: str) -> conditions.Condition | None:
        document = self.document.get(name)
        if document is None:
            return None
        try:
            return conditions.parse(document)
        except conditions.ConditionError as error:
            self.add(name, error.message)
            return None


def is_language(code: object) -> bool:
    return (
        isinstance(code, str)
        and len(code) <= LONGEST_LANGUAGE
        and storable(code)
        and bool(LANGUAGE.match(code))
    )


class Once:
    """Notes a key that is used a second time."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.seen: set[str] = set()

    def see(self, node: Node, key: str) -> None:
        if key and key in self.seen:
            node.add("key", self.message.format(key=key))
        self.seen.add(key)
