"""Owns the definition as one respondent meets it, kept in memory by version."""

from __future__ import annotations

from functools import lru_cache

from surveys import arrangement, publishing
from surveys.definition import Definition


def presented(version_id: int, *, seed: int, single: bool) -> Definition:
    """The version in the order of this seed, whole pages or one question at a time."""
    definition = publishing.compiled(version_id)
    by_chance = arrangement.is_by_chance(definition, single=single)
    if not (by_chance or single):
        return definition
    source, made = _made(version_id, seed if by_chance else 0, single)
    if source is not definition:
        # The version was compiled anew since.
        _made.cache_clear()
        made = _made(version_id, seed if by_chance else 0, single)[1]
    return made


@lru_cache(maxsize=512)
def _made(version_id: int, seed: int, single: bool) -> tuple[Definition, Definition]:
    definition = publishing.compiled(version_id)
    return definition, arrangement.arranged(definition, seed=seed, single=single)
