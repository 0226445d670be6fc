"""Where the parts of a picture are: numbers for SVG attributes, never a style.

They are text, so that no language writes them with a comma.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

COLUMN = 10.0
HEIGHT = 40.0
# A column that somebody chose can be seen, however few they were.
LEAST = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A rectangle of a bar from 0 to 100."""

    name: str
    x: str
    width: str
    count: int
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    name: str
    label: str
    count: int
    x: str
    y: str
    height: str
    middle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A score on a line from −100 to 100, drawn from 0 to 200."""

    x: str
    low: str
    width: str


def number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def percent(count: int, total: int) -> int:
    return round(100 * count / total) if total else 0


def stacked(counts: Sequence[tuple[str, int]]) -> tuple[Part, ...]:
    """Parts that fill a bar together."""
    total = sum(count for _name, count in counts)
    parts, start = [], 0.0
    for name, count in counts:
        width = 100 * count / total if total else 0.0
        parts.append(
            Part(
                name=name,
                x=number(start),
                width=number(width),
                count=count,
                percent=percent(count, total),
            )
        )
        start += width
    return tuple(parts)


def columns(counts: Sequence[tuple[str, str, int]]) -> tuple[Column, ...]:
    """Columns side by side, the highest as high as the picture: (name, label, n)."""
    highest = max((count for _name, _label, count in counts), default=0)
    drawn = []
    for place, (name, label, count) in enumerate(counts):
        height = max(HEIGHT * count / highest, LEAST) if count else 0.0
        drawn.append(
            Column(
                name=name,
                label=label,
                count=count,
                x=number(place * COLUMN + 1),
                y=number(HEIGHT - height),
                height=number(height),
                middle=number(place * COLUMN + COLUMN / 2),
            )
        )
    return tuple(drawn)


def interval(score: float, low: float, high: float) -> Interval:
    return Interval(
        x=number(score + 100), low=number(low + 100), width=number(high - low)
    )
