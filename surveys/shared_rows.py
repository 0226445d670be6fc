"""An admin of rows that belong to a survey: it shows those of surveys that one may see.

Rooms above mix it into their admins.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest

from surveys.models import Survey
from surveys.sharing import seen_by


class OfSurveys(admin.ModelAdmin):  # type: ignore[type-arg]
    # How the row leads to its survey.
    survey_path = "survey"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return seen_by(request.user, rows, self.survey_path)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.related_model is Survey and "queryset" not in kwargs:
            kwargs["queryset"] = seen_by(request.user, Survey.objects.all())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
