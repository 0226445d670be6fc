"""Owns the ready-made surveys: a document for each use, in English and German.

Each file beside this one is one of them: its name, what it is for, the deployment and
the mapping that go with it, in words and as documents, and the survey itself.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from surveys.texts import Texts

FOLDER = Path(__file__).parent
# In the order in which they are offered.
KEYS = (
    *("support_satisfaction", "csat", "nps", "ces", "customer_touchpoint"),
    *("relationship", "won_deal", "lost_deal", "event_feedback"),
    *("lead_form", "general_feedback"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyMade:
    key: str
    name: Texts
    summary: Texts
    # When to ask, and what to write where: suggestions in words.
    trigger: Texts
    mapping: Texts
    # The same as a deployment document without key, name, survey and sources.
    ask: Mapping[str, Any]
    # Which objects of the CRM an answer is about.
    records: tuple[str, ...]
    survey: Mapping[str, Any]

    def document(self, *, key: str, default_language: str) -> dict[str, Any]:
        """A document of its own, to be changed by whoever begins with it."""
        document = copy.deepcopy(dict(self.survey))
        return {**document, "key": key, "default_language": default_language}


@lru_cache(maxsize=1)
def catalogue() -> tuple[ReadyMade, ...]:
    return tuple(_read(key) for key in KEYS)


def find(key: str) -> ReadyMade | None:
    return next((one for one in catalogue() if one.key == key), None)


def _read(key: str) -> ReadyMade:
    content = yaml.safe_load((FOLDER / f"{key}.yaml").read_text(encoding="utf-8"))
    return ReadyMade(key=key, records=tuple(content.pop("records")), **content)
