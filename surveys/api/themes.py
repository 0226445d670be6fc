"""Themes over REST: how surveys look, each as the document that git holds."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys import themes
from surveys.bodies import with_key
from surveys.documents import texts
from surveys.models import Theme, survey_key_validator
from surveys.pages import ByKey
from surveys.preconditions import unchanged
from surveys.refusals import refused
from surveys.sharing import require_right
from surveys.theming import save_document, theme_document


class PaletteDocument(serializers.Serializer[Any]):
    """What is not chosen follows from what is, so that everything can be read."""

    accent = serializers.CharField(required=False, help_text=_("Such as #0b5c4d."))
    paper = serializers.CharField(required=False)
    sheet = serializers.CharField(required=False, help_text=_("Behind fields."))
    ink = serializers.CharField(required=False)


class ColoursDocument(serializers.Serializer[Any]):
    light = PaletteDocument(required=False)
    dark = PaletteDocument(required=False)


class LinkDocument(serializers.Serializer[Any]):
    label = texts("Language to text.", required=True)  # type: ignore[assignment]
    url = serializers.CharField(max_length=500)


class ThemeDocument(serializers.Serializer[Any]):
    """What is as it usually is is left out, in both directions."""

    key = serializers.RegexField(survey_key_validator.regex)
    name = serializers.CharField(max_length=Theme.LONGEST_NAME)
    colours = ColoursDocument(required=False)
    font = serializers.ChoiceField(choices=themes.FONTS, required=False)
    appearance = serializers.ChoiceField(choices=themes.APPEARANCES, required=False)
    progress = serializers.ChoiceField(choices=themes.PROGRESSES, required=False)
    paging = serializers.ChoiceField(choices=themes.PAGINGS, required=False)
    logo = serializers.CharField(
        required=False,
        help_text=_(
            "As `data:image/png;base64,…` (PNG, JPEG, WebP, GIF or SVG, up to 200 KB)."
        ),
    )
    logo_text = texts("What the logo says to who does not see it; language to text.")
    footer = texts("Foot of the page; language to text.")
    links = LinkDocument(many=True, required=False)


class ThemeSummary(serializers.ModelSerializer[Theme]):
    class Meta:
        model = Theme
        fields = ("key", "name")
        read_only_fields = fields


class ThemeList(ListAPIView[Theme]):
    required_scopes = {"GET": "surveys:read", "POST": "surveys:write"}
    serializer_class = ThemeSummary
    pagination_class = ByKey
    queryset = Theme.objects.only("key", "name")

    @extend_schema(operation_id="listThemes", summary="List themes")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="createTheme",
        summary="Make a theme from its document",
        description="A survey has it once its document names it.",
        request=ThemeDocument,
        responses={201: ThemeDocument},
    )
    def post(self, request: Request) -> Response:
        require_right("surveys.add_theme")
        with refused():
            made = save_document(document=request.data, only_new=True)
        return Response(theme_document(made), status=status.HTTP_201_CREATED)


class ThemeDetail(APIView):
    required_scopes = {"GET": "surveys:read", "PUT": "surveys:write"}

    @extend_schema(
        operation_id="getTheme",
        summary="Read a theme as its document",
        responses=ThemeDocument,
    )
    def get(self, _request: Request, key: str) -> Response:
        return Response(shown(key))

    @extend_schema(
        operation_id="putTheme",
        summary="Replace how a theme looks",
        description="Every survey that has it looks like that at once.",
        request=ThemeDocument,
        responses=ThemeDocument,
    )
    def put(self, request: Request, key: str) -> Response:
        shown(key)
        require_right("surveys.change_theme")
        document = with_key(key, request.data)
        row = Theme.objects.filter(key=key)
        with unchanged(request, row, lambda: shown(key)), refused():
            return Response(theme_document(save_document(document=document)))


def shown(key: str) -> dict[str, Any]:
    return theme_document(get_object_or_404(Theme, key=key))
