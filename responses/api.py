"""REST of this room, below /api/v1/."""

from django.urls import URLPattern

routes: list[URLPattern] = []
