"""Addresses of this room: the files of themes, and the pictures of choices."""

from __future__ import annotations

from django.urls import URLPattern, path

from surveys import picture_files, theme_files

urlpatterns: list[URLPattern] = [
    path("look/<slug:name>.css", theme_files.stylesheet, name="look_stylesheet"),
    path("look/<slug:name>.<slug:ending>", theme_files.logo, name="look_logo"),
    path("pictures/<str:name>", picture_files.show, name="choice_picture"),
]
