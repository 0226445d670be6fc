"""Addresses of this room: tracking links, and the doors open to everybody."""

from __future__ import annotations

from django.urls import URLPattern, path

from responses.doors import Way
from responses.views import answering, embedding, erasing

NAMES = {Way.WEB: "<slug:name>", Way.EMBED: "<slug:name>", Way.PREVIEW: "<str:name>"}


def door(way: Way) -> list[URLPattern]:
    address, told = f"{way}/{NAMES[way]}/", {"way": way}
    return [
        path(address, answering.at_door, told, name=f"door_{way.name.lower()}"),
        path(f"{address}<str:token>/", answering.behind_door, told),
        path(f"{address}<str:token>/thanks/", answering.thanks_behind_door, told),
        path(f"{address}<str:token>/erase/", erasing.behind_door, told),
    ]


urlpatterns: list[URLPattern] = [
    path("s/<str:token>/", answering.by_link, name="tracking_link"),
    path("s/<str:token>/thanks/", answering.thanks_by_link),
    path("s/<str:token>/erase/", erasing.by_link),
    path("s/<str:token>/<str:own>/", answering.unlinked),
    path("s/<str:token>/<str:own>/thanks/", answering.thanks_unlinked),
    path("s/<str:token>/<str:own>/erase/", erasing.unlinked),
    path("embed.js", embedding.script, name="embed_script"),
    *door(Way.WEB),
    *door(Way.EMBED),
    *door(Way.PREVIEW),
]
