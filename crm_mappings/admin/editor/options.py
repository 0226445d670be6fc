"""Owns long lists of choices: drawn once, shown many times with one selected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    value: str
    label: str
    # What the editor's script needs to say what fits what.
    gives: str = ""
    takes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    label: str
    options: tuple[Option, ...]


class Options:
    """The `<option>`s of one select, in groups; a group without label is bare."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self.groups = tuple(group for group in groups if group.options)
        self.offsets: dict[str, int] = {}
        html = SafeString("")
        for group in self.groups:
            if group.label:
                html += format_html('<optgroup label="{}">', group.label)
            for option in group.options:
                start = format_html('<option value="{}"', option.value)
                self.offsets.setdefault(option.value, len(html) + len(start))
                html += start + _end(option)
            if group.label:
                html += SafeString("</optgroup>")
        self.html = html

    def __bool__(self) -> bool:
        return bool(self.groups)

    def __contains__(self, value: str) -> bool:
        return value in self.offsets

    def select(self, value: str, unknown: str) -> SafeString:
        """Return the options with `value` selected; what is not among them is kept
        as an option of its own, called by the text `unknown`."""
        if not value:
            return self.html
        if value not in self.offsets:
            extra = format_html(
                '<option value="{}" selected>{}</option>', value, unknown
            )
            return extra + self.html
        at = self.offsets[value]
        return SafeString(f"{self.html[:at]} selected{self.html[at:]}")


def _end(option: Option) -> SafeString:
    data = SafeString("")
    if option.gives:
        data += format_html(' data-gives="{}"', option.gives)
    if option.takes:
        data += format_html(' data-takes="{}"', option.takes)
    return (
        data
        + SafeString(">")
        + conditional_escape(option.label)
        + SafeString("</option>")
    )


def plain(choices: Iterable[tuple[str, object]]) -> Options:
    """Return options without groups, of (value, label) pairs."""
    return Options(
        [
            Group(
                label="",
                options=tuple(
                    Option(value=value, label=str(label)) for value, label in choices
                ),
            )
        ]
    )
