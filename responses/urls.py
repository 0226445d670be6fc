"""Addresses of this room: tracking links, and the doors open to everybody."""

from __future__ import annotations

from django.urls import URLPattern, path

from responses.doors import Way
from responses.views import answering, embedding

NAMES = {Way.WEB: "<slug:name>", Way.EMBED: "<slug:name>", Way.PREVIEW: "<str:name>"}


def door(way: Way) -> list[URLPattern]:
    address, told = f"{way}/{NAMES[way]}/", {"way": way}
    return [
        path(address, answering.at_door, told, name=f"door_{way.name.lower()}"),
        path(f"{address}<str:token>/", answering.behind_door, told),
        path(f"{address}<str:token>/thanks/", answering.thanks_behind_door, told),
    ]


urlpatterns: list[URLPattern] = [
    path("s/<str:token>/", answering.by_link, name="tracking_link"),
    path("s/<str:token>/thanks/", answering.thanks_by_link),
    path("embed.js", embedding.script, name="embed_script"),
    *door(Way.WEB),
    *door(Way.EMBED),
    *door(Way.PREVIEW),
]
