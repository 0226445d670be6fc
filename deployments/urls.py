"""Addresses of this room's public pages."""

from __future__ import annotations

from django.urls import path

from deployments import views

urlpatterns = [
    path("s/<str:token>/opt-out/", views.opt_out, name="opt_out"),
]
