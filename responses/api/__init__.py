"""REST of responses, below /api/v1/: what was answered, read, dumped and erased."""

from __future__ import annotations

from django.urls import URLPattern, path

from responses.api.dump import Dump
from responses.api.responses import ResponseCount, ResponseDetail, ResponseList

routes: list[URLPattern] = [
    path("responses/", ResponseList.as_view(), name="responses"),
    path("responses/count/", ResponseCount.as_view(), name="response-count"),
    path("responses/dump/", Dump.as_view(), name="response-dump"),
    path("responses/<uuid:key>/", ResponseDetail.as_view(), name="response"),
]
