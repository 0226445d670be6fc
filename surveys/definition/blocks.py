"""Pages that change places by chance: which stay together, and which may not read
each other because either may come first.

A run is a row of pages of which the first says `random`; each `random` page begins a
block of it, and a page that `follows` stays behind the one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from surveys.definition.problems import Findings
from surveys.definition.shape import Page
from surveys.wording import gettext as _

FIXED, RANDOM, FOLLOWS = "fixed", "random", "follows"
PLACES = (FIXED, RANDOM, FOLLOWS)

# The places of the pages of each block.
Run = tuple[tuple[int, ...], ...]


def runs(pages: Sequence[Page]) -> list[Run]:
    """Every run with at least two blocks, by the places of their pages."""
    found: list[list[list[int]]] = []
    inside = False
    for place, page in enumerate(pages):
        if page.place == RANDOM:
            if not inside:
                found.append([])
            found[-1].append([place])
            inside = True
        elif page.place == FOLLOWS and inside:
            found[-1][-1].append(place)
        else:
            inside = False
    return [tuple(tuple(block) for block in run) for run in found if len(run) > 1]


def apart(pages: Sequence[Page]) -> Mapping[int, frozenset[int]]:
    """For each page of a run, the pages of its other blocks."""
    return {
        place: frozenset(one for other in run if other is not block for one in other)
        for run in runs(pages)
        for block in run
        for place in block
    }


def check_blocks(findings: Findings, pages: Sequence[Page]) -> None:
    """No rule leads to a page whose place is left to chance."""
    places = {page.key: place for place, page in enumerate(pages)}
    strangers = apart(pages)
    for place, page in enumerate(pages):
        for number, way in enumerate(page.next):
            target = places.get(way.go_to)
            if target is None or target not in strangers:
                continue
            if place not in strangers or target in strangers[place]:
                findings.add(
                    f"pages[{place}].next[{number}].go_to",
                    _("“%(key)s” has its place by chance: no rule can lead there.")
                    % {"key": way.go_to},
                )
