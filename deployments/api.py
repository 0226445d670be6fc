"""The REST door of this room: tracking links, invitations, trigger events."""

from __future__ import annotations

from django.urls import URLPattern

routes: list[URLPattern] = []
