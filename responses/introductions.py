"""Owns what people are told before they answer: who asks and why, how long it takes,
and what becomes of their answers."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString

from responses.durations import minutes
from responses.visits import Visit
from surveys.speech import Speech

AGREES = "agrees"


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    asker: str = ""
    purpose: SafeString | str = ""
    minutes: int = 0
    is_anonymous: bool = False
    notice: SafeString | str = ""
    asks_consent: bool = False
    # Two numbers to be added; blank: nobody asks.
    sum: str = ""

    @property
    def is_said(self) -> bool:
        told = self.asker or self.purpose or self.minutes or self.notice
        return bool(told or self.is_anonymous or self.asks_consent or self.sum)


def introduction(visit: Visit, speech: Speech) -> Introduction | None:
    """What stands before the first page; None once it was sent."""
    if visit.response is not None:
        return None
    deployment = visit.deployment
    found = Introduction(
        asker=deployment.asker or deployment.sender_name,
        purpose=speech.paragraphs(deployment.purpose),
        minutes=minutes(deployment.usual_seconds),
        is_anonymous=deployment.anonymous,
        notice=speech.paragraphs(deployment.privacy_notice),
        asks_consent=deployment.asks_consent,
        sum=visit.sum,
    )
    return found if found.is_said else None
