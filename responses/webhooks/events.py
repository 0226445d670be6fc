"""Owns what a webhook can be told: kinds of subjects, and what happens to each.

The rooms that know a subject register it when they start, with how it is described.
A description is made when it is sent, so what was erased meanwhile is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEST = "webhook.test"
Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What events are about: `response`, and its events by name."""

    name: str
    events: Mapping[str, str | Promise]
    # From the subject's id to what the API tells of it; None: it is gone.
    describe: Callable[[str], Document | None]


_subjects: dict[str, Subject] = {}


def register(subject: Subject) -> None:
    _subjects[subject.name] = subject


def known() -> dict[str, str | Promise]:
    """Every event by its full name, such as `response.completed`, in words."""
    return {
        f"{subject.name}.{name}": words
        for subject in _subjects.values()
        for name, words in subject.events.items()
    }


def describe(event: str, subject_id: str) -> Document | None:
    """What the API tells of the event's subject at this moment."""
    if event == TEST:
        return {"text": str(_("This is a test."))}
    subject = _subjects.get(event.partition(".")[0])
    return subject.describe(subject_id) if subject else None
