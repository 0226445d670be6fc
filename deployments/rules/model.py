"""The rule of a trigger, what is known before the decision, and the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from deployments.rules.caps import Asked
from deployments.rules.events import Invitee
from deployments.rules.windows import Window
from surveys.conditions import Condition


class When(StrEnum):
    """Which of a record's events count."""

    MATCHES = "matches"
    CREATED = "created"
    BECOMES = "becomes"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerRule:
    """A trigger and what matters of its deployment and survey."""

    source: str
    object: str
    email_field: str
    name_field: str = ""
    language_field: str = ""
    time_zone_field: str = ""
    opt_out_field: str = ""
    segment_field: str = ""
    records: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    repeat_field: str = ""
    condition: Condition | None = None
    when: When = When.MATCHES
    share: float = 100.0  # per cent
    delay: timedelta = timedelta(0)
    window: Window = field(default_factory=Window)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_active: bool = True
    deployment: str = ""
    deployment_key: str = ""
    deployment_is_live: bool = True
    survey_is_published: bool = True
    quiet_days: int = 0
    skip_role_addresses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """What is known of the person and the record before the decision."""

    suppressed: str = ""  # the reason in words
    asked_about_this_record: bool = False
    last_asked_at: datetime | None = None
    asked: tuple[Asked, ...] = ()  # one for each cap that may apply
    newer_state_at: datetime | None = None  # a later state of the record is known
    heard_before: bool = False  # an earlier state of the record is known
    matched_before: bool = False  # and the condition held in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    invite: bool
    code: str
    reason: str
    recipient: Invitee
    draw: float | None = None  # between 0 and 1, where only a share is asked
    cap: int | None = None  # the limit that spoke against it
    send_at: datetime | None = None
