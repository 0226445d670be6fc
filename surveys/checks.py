"""Owns what a draft lacks before it can be published, and whether it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surveys import definition as definitions
from surveys import drafting
from surveys.definition import DefinitionError, Problem
from surveys.models import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftState:
    # Whether publishing would make another version.
    changed: bool
    problems: tuple[Problem, ...] = ()


def draft_state(survey: Survey) -> DraftState:
    draft = drafting.draft_document(survey)
    try:
        document = definitions.to_document(definitions.parse(draft))
    except DefinitionError as error:
        return DraftState(changed=True, problems=error.problems)
    live = survey.live_version
    return DraftState(changed=live is None or document != live.definition)


def newly_wrong(survey: Survey, page: str, values: Mapping[str, Any]) -> list[Problem]:
    """What goes wrong in the flow when the page of this key says `values`.

    Only ways, places and pages that nothing leads to: what is unfinished elsewhere is
    no reason to refuse a page.
    """
    draft = drafting.draft_document(survey)
    before = {one.message for one in _flow_problems(draft)}
    pages = [{**one, **values} if one["key"] == page else one for one in draft["pages"]]
    after = _flow_problems({**draft, "pages": pages})
    return [one for one in after if one.message not in before]


def _flow_problems(document: dict[str, Any]) -> list[Problem]:
    try:
        definitions.parse(document)
    except DefinitionError as error:
        return [one for one in error.problems if _is_of_the_flow(one.path)]
    return []


def _is_of_the_flow(path: str) -> bool:
    """A page itself, or one of its ways: pages[2], pages[2].next[0].go_to."""
    page, _dot, rest = path.partition(".")
    return page.startswith("pages[") and (not rest or rest.startswith("next["))
