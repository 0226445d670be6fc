"""Addresses of this room: tracking links and web links."""

from __future__ import annotations

from django.urls import URLPattern, path

from responses.views import answering

urlpatterns: list[URLPattern] = [
    path("s/<str:token>/", answering.by_link, name="tracking_link"),
    path("s/<str:token>/thanks/", answering.thanks_by_link),
    path("w/<slug:slug>/", answering.by_web_link, name="web_link"),
    path("w/<slug:slug>/<str:token>/", answering.by_web_token),
    path("w/<slug:slug>/<str:token>/thanks/", answering.thanks_by_web_token),
]
