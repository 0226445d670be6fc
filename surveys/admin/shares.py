"""Who may what with a survey, where the admin asks: by role, and by survey."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from surveys import sharing
from surveys.models import Level, Survey, SurveyShare


class ShareInline(admin.TabularInline):  # type: ignore[type-arg]
    model = SurveyShare
    extra = 0
    fields = ["user", "group", "level"]
    verbose_name_plural = _("Shared with")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_share(request, obj)

    has_add_permission = has_change_permission
    has_delete_permission = has_change_permission


def may_share(request: HttpRequest, survey: Survey | None) -> bool:
    """Only who owns it says who else may; a new survey is its maker's."""
    return survey is None or (
        request.user.has_perm("surveys.change_survey")
        and sharing.owns(request.user, survey)
    )


class SharedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Surveys and their parts: shown and changed as far as they are shared."""

    # How the row leads to its survey; a survey is its own.
    survey_path = ""

    def survey_of(self, part: Any) -> Survey:
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return sharing.seen_by(request.user, rows, self.survey_path)

    def _shared(self, request: HttpRequest, obj: Any, level: Level) -> bool:
        return obj is None or sharing.may(request.user, self.survey_of(obj), level)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_view_permission(request, obj)
        return allowed and self._shared(request, obj, Level.SEE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and self._shared(request, obj, Level.EDIT)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and self._shared(request, obj, self.deletes_with)

    # A part of the draft goes with an edit; a survey only with all of it.
    deletes_with = Level.EDIT
