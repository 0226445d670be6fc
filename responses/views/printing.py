"""Owns that what everybody reads alike is printed once: the page that one comes to, and
its end. What is somebody's own is put into its places each time."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import get_language

# Stands in the printed page for what is somebody's own: in nobody's text.
MARK = secrets.token_hex(12)


class Filler:
    """Fills texts in, and knows afterwards whether there was anything to fill."""

    def __init__(self, fill: Callable[[str], str]) -> None:
        self.fill = fill
        self.is_used = False

    def __call__(self, text: str) -> str:
        if "{{" in text:
            self.is_used = True
        return self.fill(text)


def printed(
    template: str,
    same: Mapping[str, Hashable],
    own: Mapping[str, str],
    *,
    shared: bool,
) -> str:
    """The template with what is the `same` for many and what is somebody's `own`.

    `shared`: nothing in `same` is somebody's own, so the page is kept for the next.
    """
    if not shared:
        return render_to_string(template, {**same, "own": own})
    given = tuple(name for name, value in own.items() if value)
    page = _once(template, tuple(same.items()), given, get_language() or "")
    for name in given:
        page = page.replace(_place(name), escape(own[name]))
    return page


# Keys compare text that is escaped with text that is not; each stands in a place of
# its own, so no two are taken for each other.
@lru_cache(maxsize=128)
def _once(
    template: str,
    same: tuple[tuple[str, Hashable], ...],
    given: tuple[str, ...],
    _interface: str,
) -> str:
    own = {name: _place(name) for name in given}
    return render_to_string(template, {**dict(same), "own": own})


def _place(name: str) -> str:
    return f"{MARK}-{name}."
