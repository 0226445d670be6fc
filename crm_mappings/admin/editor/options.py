"""Owns long lists of choices: each drawn once, however many boxes choose from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.utils.html import format_html, format_html_join
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
    """Choices in groups; a group without label is bare."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self.groups = tuple(group for group in groups if group.options)

    def __bool__(self) -> bool:
        return bool(self.groups)

    def __contains__(self, value: str) -> bool:
        return value in self.labels

    @cached_property
    def labels(self) -> dict[str, str]:
        return {
            option.value: option.label
            for group in self.groups
            for option in group.options
        }

    @cached_property
    def datalist(self) -> SafeString:
        """Return the `<option>`s that many boxes of one page share."""
        return format_html_join(
            "",
            '<option value="{}" label="{}" data-group="{}"{}></option>',
            (
                (option.value, option.label, group.label, _data(option))
                for group in self.groups
                for option in group.options
            ),
        )

    def select(self, value: str, unknown: str) -> SafeString:
        """Return the options of a short select with `value` selected; what is not
        among them is kept as an option of its own, called by the text `unknown`."""
        html = SafeString("")
        if value and value not in self:
            html = format_html(
                '<option value="{}" selected>{}</option>', value, unknown
            )
        for group in self.groups:
            inner = format_html_join(
                "",
                '<option value="{}"{}>{}</option>',
                (
                    (
                        option.value,
                        SafeString(" selected") if option.value == value else "",
                        option.label,
                    )
                    for option in group.options
                ),
            )
            if group.label:
                inner = format_html(
                    '<optgroup label="{}">{}</optgroup>', group.label, inner
                )
            html += inner
        return html


def _data(option: Option) -> SafeString:
    data = SafeString("")
    if option.gives:
        data += format_html(' data-gives="{}"', option.gives)
    if option.takes:
        data += format_html(' data-takes="{}"', option.takes)
    return data


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
