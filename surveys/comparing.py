"""Owns what differs between two survey documents, part by part.

Pure. It reads documents and not definitions, so that drafts that are not finished
compare too, and options that are new need no word here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from surveys.definition.nodes import is_language

Document = Mapping[str, Any]


class Act(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


class What(StrEnum):
    SURVEY = "survey"
    VARIABLE = "variable"
    PAGE = "page"
    QUESTION = "question"
    CHOICE = "choice"
    # A row of a matrix, a field of a contact: whatever else has a key in a list.
    PART = "part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One attribute that changed, of a text the one language that did."""

    part: str
    language: str = ""
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    act: Act
    what: What
    key: str
    # The text that a person knows the part by, in the survey's own language.
    name: str = ""
    # The question that a choice or another part is of.
    question: str = ""
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.changes)

    def keys(self, act: Act, what: What) -> tuple[str, ...]:
        return tuple(
            change.key
            for change in self.changes
            if change.act is act and change.what is what
        )

    @property
    def removed_questions(self) -> tuple[str, ...]:
        return self.keys(Act.REMOVED, What.QUESTION)

    @property
    def removed_choices(self) -> tuple[tuple[str, str], ...]:
        """Question and choice, of questions that stay."""
        return tuple(
            (change.question, change.key)
            for change in self.changes
            if change.act is Act.REMOVED and change.what is What.CHOICE
        )


def compare(old: Document, new: Document) -> Difference:
    """Say what must be done to `old` to make it `new`."""
    language = str(new.get("default_language") or old.get("default_language") or "en")
    changes = [
        *_itself(old, new, language),
        *_parts(
            _Level(What.VARIABLE, language),
            _list(old, "variables"),
            _list(new, "variables"),
        ),
        *_parts(_Level(What.PAGE, language), _list(old, "pages"), _list(new, "pages")),
        *_questions(old, new, language),
    ]
    return Difference(changes=tuple(changes))


@dataclass(frozen=True, slots=True)
class _Level:
    """Which parts are compared, and what they belong to."""

    what: What
    language: str
    question: str = ""


HELD = {
    What.SURVEY: frozenset({"variables", "pages"}),
    What.PAGE: frozenset({"questions"}),
}
NAMES = ("text", "label", "title")


def _itself(old: Document, new: Document, language: str) -> Iterator[Change]:
    """Its own texts, and its lists that are no pages: quotas."""
    yield from _changed(_Level(What.SURVEY, language), old, new)


def _questions(old: Document, new: Document, language: str) -> Iterator[Change]:
    before, after = list(_asked(old)), list(_asked(new))
    pages = {str(part.get("key")): page for page, part in before}
    level = _Level(What.QUESTION, language)
    changes = _parts(
        level, [part for _page, part in before], [part for _page, part in after]
    )
    seen = set()
    for change in changes:
        if change.act is Act.MOVED:
            seen.add(change.key)
        yield change
    for page, part in after:
        key = str(part.get("key"))
        if key in pages and pages[key] != page and key not in seen:
            yield _change(Act.MOVED, level, part)


def _asked(document: Document) -> Iterator[tuple[str, Document]]:
    for page in _list(document, "pages"):
        for question in _list(page, "questions"):
            yield str(page.get("key")), question


def _parts(
    level: _Level, old: Sequence[Document], new: Sequence[Document]
) -> Iterator[Change]:
    before = {str(part.get("key")): part for part in old}
    after = {str(part.get("key")): part for part in new}
    for key, part in before.items():
        if key not in after:
            yield _change(Act.REMOVED, level, part)
    for key, part in after.items():
        if key not in before:
            yield _change(Act.ADDED, level, part)
        else:
            yield from _changed(level, before[key], part)
    for key in _moved([*before], [*after]):
        yield _change(Act.MOVED, level, after[key])


def _changed(level: _Level, old: Document, new: Document) -> Iterator[Change]:
    lists = _keyed_lists(level, old, new)
    details = _details(old, new, HELD.get(level.what, frozenset()) | set(lists))
    if details:
        yield _change(Act.CHANGED, level, new, details)
    for name in lists:
        what = What.CHOICE if name == "choices" else What.PART
        of = "" if level.what is What.SURVEY else str(new.get("key"))
        inner = _Level(what, level.language, level.question or of)
        yield from _parts(inner, _list(old, name), _list(new, name))


def _keyed_lists(level: _Level, old: Document, new: Document) -> list[str]:
    held = HELD.get(level.what, frozenset())
    return sorted(
        name
        for name in {*old, *new} - held
        if all(_is_keyed(document.get(name)) for document in (old, new))
        and (old.get(name) or new.get(name))
    )


def _is_keyed(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, list | tuple) and all(
        isinstance(part, Mapping) and "key" in part for part in value
    )


def _moved(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Keys that left their place among those that both have."""
    kept_old = [key for key in old if key in set(new)]
    kept_new = [key for key in new if key in set(old)]
    matcher = SequenceMatcher(None, kept_old, kept_new, autojunk=False)
    still = {
        key
        for block in matcher.get_matching_blocks()
        for key in kept_new[block.b : block.b + block.size]
    }
    return [key for key in kept_new if key not in still]


def _change(
    act: Act, level: _Level, part: Document, details: tuple[Detail, ...] = ()
) -> Change:
    return Change(
        act=act,
        what=level.what,
        key=str(part.get("key")),
        name=_name(part, level.language),
        question=level.question,
        details=details,
    )


def _details(
    old: Document, new: Document, besides: frozenset[str] | set[str]
) -> tuple[Detail, ...]:
    names = sorted({*old, *new} - {"key"} - besides)
    return tuple(
        detail
        for name in names
        for detail in _detail(name, old.get(name), new.get(name))
    )


def _detail(name: str, before: Any, after: Any) -> Iterator[Detail]:
    if (_empty(before) and _empty(after)) or before == after:
        return
    if is_texts(before or after) and is_texts(after or before):
        before, after = before or {}, after or {}
        for language in sorted({*before, *after}):
            was, now = before.get(language, ""), after.get(language, "")
            if was != now:
                yield Detail(part=name, language=language, before=was, after=now)
    else:
        yield Detail(part=name, before=before, after=after)


def _empty(value: Any) -> bool:
    # A flag that is left out is off.
    return value is None or value is False or value in ("", {}, [])


def is_texts(value: object) -> bool:
    """Whether this is a text per language."""
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(is_language(code) for code in value)
        and all(isinstance(text, str) for text in value.values())
    )


def _list(document: Document, name: str) -> Sequence[Document]:
    value = document.get(name)
    return value if isinstance(value, list | tuple) else ()


def _name(part: Document, language: str) -> str:
    for name in NAMES:
        texts = part.get(name)
        if isinstance(texts, str) and texts:
            return texts
        if is_texts(texts):
            assert isinstance(texts, Mapping)  # noqa: S101 - said by is_texts; for types
            return str(texts.get(language) or next(iter(texts.values())))
    return ""
