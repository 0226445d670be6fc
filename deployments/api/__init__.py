"""The REST door of this room: tracking links, invitations, trigger events."""

from __future__ import annotations

from django.urls import path

from deployments.api.invitations import Invitations
from deployments.api.links import TrackingLinks
from deployments.api.trigger_events import TriggerEvents

routes = [
    path("tracking-links/", TrackingLinks.as_view(), name="tracking-links"),
    path("invitations/", Invitations.as_view(), name="invitations"),
    path("trigger-events/", TriggerEvents.as_view(), name="trigger-events"),
]
