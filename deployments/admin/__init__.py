"""The admin of this room: deployments, triggers, invitations, events, opt-outs."""

from deployments.admin import (
    contacts,
    deployments,
    invitations,
    limits,
    lists,
    mailings,
    polls,
    senders,
    suppressions,
    trigger_events,
    triggers,
)

__all__ = [
    "contacts",
    "deployments",
    "invitations",
    "limits",
    "lists",
    "mailings",
    "polls",
    "senders",
    "suppressions",
    "trigger_events",
    "triggers",
]
