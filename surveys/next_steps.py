"""Owns what comes after a survey is made: rooms above say their step of it.

Surveys know neither deployments nor mappings; each room registers what it offers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from surveys import ready_made
from surveys.models import Survey
from surveys.ready_made import ReadyMade
from surveys.texts import Texts

User = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    title: str
    # Where it is done or looked at; blank where this person may not.
    url: str = ""
    # What is there already, in words; blank while nothing is.
    there: str = ""
    # Where a POST sets it up as the ready-made survey suggests; blank: it cannot.
    set_up_url: str = ""


Offer = Callable[[Survey, User], Step]
_offers: dict[str, Offer] = {}


def register(name: str, offer: Offer) -> None:
    """Ask `offer` for its step of every survey from now on; once for each name."""
    _offers[name] = offer


def steps_of(survey: Survey, user: User) -> dict[str, Step]:
    """The steps by the room that offers them, in the order of the way."""
    order = sorted(_offers, key=lambda name: ORDER.get(name, len(ORDER)))
    return {name: _offers[name](survey, user) for name in order}


def origin(survey: Survey) -> ReadyMade | None:
    """The ready-made survey that it began as."""
    return ready_made.find(survey.origin) if survey.origin else None


def suggestions(survey: Survey) -> dict[str, Texts]:
    """What the ready-made survey that it began as suggests, by room."""
    found = origin(survey)
    if found is None:
        return {}
    return {"deployments": found.trigger, "crm_mappings": found.mapping}


ORDER = {"deployments": 0, "crm_mappings": 1, "responses": 2}
