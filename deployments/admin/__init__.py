"""The admin of this room: deployments, triggers, invitations, events, opt-outs."""

from deployments.admin import (
    deployments,
    invitations,
    limits,
    lists,
    mailings,
    senders,
    suppressions,
    trigger_events,
    triggers,
)

__all__ = [
    "deployments",
    "invitations",
    "limits",
    "lists",
    "mailings",
    "senders",
    "suppressions",
    "trigger_events",
    "triggers",
]
