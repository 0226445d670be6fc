"""Colours as numbers: how well two can be told apart, and what lies between them.

Luminance and contrast are those of WCAG 2.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")
STEPS = 100


@dataclass(frozen=True, slots=True)
class Colour:
    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        red, green, blue = (_linear(one) for one in (self.red, self.green, self.blue))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


BLACK, WHITE = Colour(0, 0, 0), Colour(255, 255, 255)


def colour(text: object) -> Colour | None:
    """The colour of #0b5c4d or #fff; None for what is no such word."""
    if not isinstance(text, str) or not HEX.match(text):
        return None
    digits = text[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[place : place + 2], 16) for place in (0, 2, 4))
    return Colour(red, green, blue)


def contrast(one: Colour, other: Colour) -> float:
    """From 1, the same, to 21, black on white."""
    low, high = sorted((one.luminance, other.luminance))
    return (high + 0.05) / (low + 0.05)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with a share of `other`, from 0 to 1."""
    pairs = zip(
        (one.red, one.green, one.blue),
        (other.red, other.green, other.blue),
        strict=True,
    )
    red, green, blue = (round(a + (b - a) * share) for a, b in pairs)
    return Colour(red, green, blue)


def least(
    made: Callable[[float], Colour], needed: float, *, on: Iterable[Colour]
) -> Colour | None:
    """The first of ever stronger colours that can be told from all of `on`."""
    grounds = tuple(on)
    for step in range(STEPS + 1):
        found = made(step / STEPS)
        if all(contrast(found, ground) >= needed for ground in grounds):
            return found
    return None


def nearest(wanted: Colour, needed: float, *, on: Iterable[Colour]) -> Colour | None:
    """`wanted`, only darker or lighter, as little as will do."""
    grounds = tuple(on)
    darker = least(lambda share: mix(wanted, BLACK, share), needed, on=grounds)
    lighter = least(lambda share: mix(wanted, WHITE, share), needed, on=grounds)
    found = [one for one in (darker, lighter) if one is not None]
    return min(found, key=lambda one: _apart(one, wanted), default=None)


def _apart(one: Colour, other: Colour) -> int:
    return (
        abs(one.red - other.red)
        + abs(one.green - other.green)
        + abs(one.blue - other.blue)
    )
