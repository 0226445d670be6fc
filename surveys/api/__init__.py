"""REST of this room, below /api/v1/: surveys, and how they look."""

from __future__ import annotations

from django.urls import URLPattern, path

from surveys.api.surveys import Publication, SurveyDetail, SurveyList, VersionList
from surveys.api.themes import ThemeDetail, ThemeList

routes: list[URLPattern] = [
    path("surveys/", SurveyList.as_view(), name="surveys"),
    path("surveys/<slug:key>/", SurveyDetail.as_view(), name="survey"),
    path("surveys/<slug:key>/publish/", Publication.as_view(), name="survey-publish"),
    path("surveys/<slug:key>/versions/", VersionList.as_view(), name="survey-versions"),
    path("themes/", ThemeList.as_view(), name="themes"),
    path("themes/<slug:key>/", ThemeDetail.as_view(), name="theme"),
]
