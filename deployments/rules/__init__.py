"""Owns the rules by which people are asked: pure, without database or clock.

`events` reads what happened, `model` says what a rule is, `deciding` decides,
`caps` limits how often, `windows` says when a mail may go out.
"""

from deployments.rules.deciding import decide, draw, invitee, matches, missing_paths
from deployments.rules.events import (
    Event,
    Invitee,
    address_key,
    check_letters,
    event_key,
    language,
    read_field,
    record_key,
)
from deployments.rules.model import Decision, PersonFacts, TriggerRule, When

__all__ = [
    "Decision",
    "Event",
    "Invitee",
    "PersonFacts",
    "TriggerRule",
    "When",
    "address_key",
    "check_letters",
    "decide",
    "draw",
    "event_key",
    "invitee",
    "language",
    "matches",
    "missing_paths",
    "read_field",
    "record_key",
]
