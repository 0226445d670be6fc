"""Owns where a page may be shown within another site, and what its surroundings are:
a kiosk, a frame, a test."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse

from deployments.models import Deployment
from responses.doors import Door, Way
from responses.visits import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a page's script and style must know of where it is shown."""

    is_test: bool = False
    is_embedded: bool = False
    # Where it begins anew after so many seconds; 0: it does not.
    kiosk_seconds: int = 0
    entrance: str = ""


NONE = Surroundings()


def surroundings(visit: Visit) -> Surroundings:
    kiosk = visit.deployment.kiosk and visit.door is not None
    return Surroundings(
        is_test=visit.is_test,
        is_embedded=visit.door is not None and visit.door.way is Way.EMBED,
        kiosk_seconds=visit.deployment.kiosk_seconds if kiosk else 0,
        entrance=visit.entrance,
    )


def framed(answer: HttpResponse, door: Door, deployment: Deployment) -> HttpResponse:
    """The answer, with leave for the listed sites to show it; nobody else has that."""
    if door.way is Way.EMBED and deployment.embed_sites:
        # Read by the middlewares of django-csp and Django.
        answer._csp_replace = {"frame-ancestors": list(deployment.embed_sites)}  # type: ignore[attr-defined]  # noqa: SLF001
        answer.xframe_options_exempt = True
    return answer
