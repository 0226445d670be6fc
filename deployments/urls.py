"""Addresses of this room's public pages and hooks."""

from __future__ import annotations

from django.urls import path

from deployments import email_hook, views

urlpatterns = [
    path("q/<str:code>/", views.short_link, name="short_link"),
    path("hooks/email/<str:provider>/", email_hook.take, name="email_hook"),
    path("s/<str:token>/opt-out/", views.opt_out, name="opt_out"),
]
