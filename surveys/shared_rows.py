"""An admin of rows that belong to a survey: it shows those of surveys that one may see.

Rooms above mix it into their admins.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest

from surveys.models import Survey
from surveys.sharing import oversees, seen_by


class SeenFilter(admin.RelatedFieldListFilter):
    """Offers what the person finds in the list of these things, and no more."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[str, Any]]:
        of_its_own = model_admin.admin_site.get_model_admin(field.related_model)
        found: list[tuple[str, Any]] = field.get_choices(
            include_blank=False,
            ordering=self.field_admin_ordering(field, request, model_admin),
            limit_choices_to={"pk__in": of_its_own.get_queryset(request).values("pk")},
        )
        return found


class OfSurveys(admin.ModelAdmin):  # type: ignore[type-arg]
    # How the row leads to its survey.
    survey_path = "survey"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return seen_by(request.user, rows, self.survey_path)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_view_permission(request, obj)
        return allowed and self._is_seen(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and self._is_seen(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and self._is_seen(request, obj)

    def _is_seen(self, request: HttpRequest, obj: Any) -> bool:
        """Screens of one row find it by themselves: they are guarded here."""
        if obj is None or obj.pk is None:
            return True
        rows = type(obj).objects.filter(pk=obj.pk)
        return oversees(request.user) or (
            seen_by(request.user, rows, self.survey_path).exists()
        )

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        keys = {
            field.name
            for field in self.opts.get_fields()
            if isinstance(field, ForeignKey)
            and self.admin_site.is_registered(field.related_model)
        }
        return [
            (one, SeenFilter) if one in keys else one
            for one in super().get_list_filter(request)
        ]

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.related_model is Survey and "queryset" not in kwargs:
            kwargs["queryset"] = seen_by(request.user, Survey.objects.all())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
