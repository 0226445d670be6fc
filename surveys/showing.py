"""Owns how a survey is shown as respondents will see it: the room that has their pages
lends them.

Surveys may not import it, so it registers what shows a scene.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from surveys.definition import Definition
from surveys.themes import USUAL, Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is shown; nothing of it is stored."""

    definition: Definition
    language: str
    look: Look = USUAL
    # Where the files of the look are; blank where it has none.
    stylesheet: str = ""
    logo: str = ""
    # The page to begin with; blank is the first.
    page: str = ""


Show = Callable[[HttpRequest, Scene], HttpResponse]
_shows: list[Show] = []


def register(show: Show) -> None:
    """Show scenes by this from now on."""
    _shows[:] = [show]


def show(request: HttpRequest, scene: Scene) -> HttpResponse:
    return _shows[0](request, scene)
