"""The admin of object descriptions: what Salesforce says of an object's fields."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from crm_mappings.admin.editor.fields import type_words
from crm_mappings.connections.descriptions import ALL_OBJECTS
from crm_mappings.models import ObjectDescription
from crm_mappings.plan.schema import FieldSchema, parse_describe


@admin.register(ObjectDescription)
class ObjectDescriptionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Read-only: it is Salesforce's word, refreshed from the connection's page."""

    list_display = ["object", "connection", "fetched_at"]
    list_filter = ["connection"]
    list_select_related = ["connection"]
    search_fields = ["object"]
    ordering = ["connection", "object"]
    actions = None
    change_form_template = "admin/crm_mappings/objectdescription/page.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ObjectDescription]:
        rows = super().get_queryset(request).exclude(object=ALL_OBJECTS)
        return rows.defer("describe")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        words = request.GET.get("q", "").strip()
        schema = parse_describe(row.describe)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{schema.label} ({schema.name})",
            "opts": self.opts,
            "row": row,
            "q": words,
            "total": len(schema.fields),
            "fields": [
                (field, type_words(field))
                for field in schema.fields.values()
                if is_about(field, words)
            ],
        }
        return TemplateResponse(request, self.change_form_template, context)


def is_about(field: FieldSchema, words: str) -> bool:
    """Say whether each of the words is in the field's name, label or type."""
    text = f"{field.name} {field.label} {type_words(field)}".casefold()
    return all(word in text for word in words.casefold().split())
