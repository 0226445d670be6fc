"""The admin of themes: the form, and beside it what respondents will see."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from surveys import showing, theme_files, themes, theming
from surveys.admin.forms.theme import ThemeForm
from surveys.admin.framing import framed, frames
from surveys.admin.sample import sample
from surveys.models import Theme
from surveys.showing import Scene
from surveys.themes import Look


@admin.register(Theme)
class ThemeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = ThemeForm
    change_form_template = "admin/surveys/theme/change_form.html"
    list_display = ["name", "colours", "used"]
    search_fields = ["name", "key"]
    ordering = ["name"]

    class Media:
        css = {"all": ["surveys/forms.css", "surveys/theme.css"]}
        js = ["surveys/theme.js"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        logo = ["logo_file", "logo_text"]
        if obj is not None and obj.logo:
            logo.insert(1, "logo_remove")
        light = ("light_accent", "light_paper", "light_sheet", "light_ink")
        dark = ("dark_accent", "dark_paper", "dark_sheet", "dark_ink")
        return [
            (None, {"fields": ["name"]}),
            (_("Colours"), {"fields": ["appearance", light]}),
            (_("Colours in the dark"), {"fields": ["follows", dark]}),
            (_("Font and paging"), {"fields": ["font", "progress", "paging"]}),
            (_("Logo"), {"fields": logo}),
            (_("Foot of the page"), {"fields": ["footer", "links"]}),
            (_("Key"), {"classes": ["collapse"], "fields": ["key"]}),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Theme]:
        rows: QuerySet[Theme] = super().get_queryset(request)
        return rows.annotate(survey_count=Count("surveys"))

    @admin.display(description=_("colours"))
    def colours(self, theme: Theme) -> str:
        look = themes.read_anyway(theming.theme_document(theme))
        parts = (look.light.accent, look.light.paper, look.dark.accent, look.dark.paper)
        return format_html(
            '<svg width="88" height="22" viewBox="0 0 88 22" aria-hidden="true">'
            '<rect x="1" y="1" width="20" height="20" rx="4" fill="{}"/>'
            '<rect x="23" y="1" width="20" height="20" rx="4" fill="{}"/>'
            '<rect x="45" y="1" width="20" height="20" rx="4" fill="{}"/>'
            '<rect x="67" y="1" width="20" height="20" rx="4" fill="{}"/></svg>',
            *parts,
        )

    @admin.display(description=_("surveys"), ordering="survey_count")
    def used(self, theme: Theme) -> int:
        return int(getattr(theme, "survey_count", 0))

    def save_model(
        self, request: HttpRequest, obj: Theme, form: Any, change: bool
    ) -> None:
        theming.dress(theme=obj, look=form.cleaned_data["look"])

    # --------------------------------------------------------------- preview

    def get_urls(self) -> list[URLPattern]:
        def screen(route: str, view: Any, name: str) -> URLPattern:
            return path(  # type: ignore[no-any-return]
                route, self.admin_site.admin_view(view), name=f"surveys_theme_{name}"
            )

        return [
            screen("preview/", self.preview_view, "preview"),
            screen("preview.css", require_safe(self.stylesheet_view), "stylesheet"),
            screen("<int:theme_id>/logo/", require_safe(self.logo_view), "logo"),
            *super().get_urls(),
        ]

    @method_decorator(frames)
    def changeform_view(self, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(*args, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        theme = context.get("original")
        address = reverse("admin:surveys_theme_preview")
        context["preview_url"] = address
        context["preview_of"] = f"{address}?theme={theme.pk}" if theme else address
        context["logo_url"] = self._logo(theme)
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator([*framed, require_safe])
    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """A page of a sample survey in the look that the form says."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        theme = self._theme(request)
        look = self._look(request, theme)
        query = request.GET.urlencode()
        scene = Scene(
            definition=sample(),
            language=get_language() or "en",
            look=look,
            stylesheet=f"{reverse('admin:surveys_theme_stylesheet')}?{query}",
            logo=self._logo(theme),
        )
        return showing.show(request, scene)

    def stylesheet_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        look = self._look(request, self._theme(request))
        return theme_files.as_stylesheet(look, "no-store")

    def logo_view(self, request: HttpRequest, theme_id: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        theme = Theme.objects.filter(pk=theme_id).first()
        look = themes.read_anyway(theming.theme_document(theme)) if theme else None
        if look is None or look.logo is None:
            return HttpResponse(status=404)
        return theme_files.as_picture(look.logo, "no-store")

    def _theme(self, request: HttpRequest) -> Theme | None:
        number = request.GET.get("theme", "")
        known = number.isascii() and number.isdigit() and len(number) < 19
        return Theme.objects.filter(pk=number).first() if known else None

    def _look(self, request: HttpRequest, theme: Theme | None) -> Look:
        """What is being typed, when the address says it; else what is stored."""
        form = ThemeForm(
            request.GET if "name" in request.GET else None, instance=theme or Theme()
        )
        if not form.is_bound:
            return form.look
        form.is_valid()
        document = form.said
        shown = request.GET.get("shown", "")
        if shown in {"light", "dark"} and document.get("appearance") == "auto":
            document["appearance"] = shown
        return themes.read_anyway(document)

    def _logo(self, theme: Theme | None) -> str:
        if theme is None or not theme.logo:
            return ""
        return reverse("admin:surveys_theme_logo", args=[theme.pk])
