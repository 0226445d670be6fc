"""The admin of object descriptions: what Salesforce says of an object's fields."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm_mappings.admin.editor.fields import type_words
from crm_mappings.connections.descriptions import ALL_OBJECTS
from crm_mappings.models import ObjectDescription
from crm_mappings.plan.schema import (
    FieldSchema,
    ObjectSchema,
    controlling_values,
    parse_describe,
)
from surveys.read_only import OwnPage, ReadOnly


@admin.register(ObjectDescription)
class ObjectDescriptionAdmin(ReadOnly, OwnPage):
    """Read-only: it is Salesforce's word, refreshed from the connection's page."""

    when_empty = _(
        "Objects of Salesforce stand here once a mapping or a trigger uses them; a "
        "connection comes first."
    )
    list_display = ["object", "connection", "fetched_at"]
    search_help_text = _(
        "Objects and fields: name, label, type, length, picklist value, “required”, "
        "“read-only”, “external id”, “unique”."
    )
    list_filter = ["connection"]
    list_select_related = ["connection"]
    search_fields = ["object"]
    ordering = ["connection", "object"]
    actions = None
    change_form_template = "admin/crm_mappings/objectdescription/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ObjectDescription]:
        rows = super().get_queryset(request).exclude(object=ALL_OBJECTS)
        return rows.defer("describe")

    def get_search_results(
        self,
        request: HttpRequest,
        queryset: QuerySet[ObjectDescription],
        search_term: str,
    ) -> tuple[QuerySet[ObjectDescription], bool]:
        """Find objects by their names, and by any of their fields."""
        if not search_term.strip():
            return queryset, False
        found = [row.pk for row in queryset.defer(None) if _has_field(row, search_term)]
        return queryset.filter(pk__in=found), False

    def page_of(self, request: HttpRequest, row: ObjectDescription) -> HttpResponse:
        words = request.GET.get("q", "").strip()
        schema = parse_describe(row.describe)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{schema.label} ({schema.name})",
            "opts": self.opts,
            "row": row,
            "q": words,
            "total": len(schema.fields),
            "record_types": [
                kind for kind in schema.record_types if kind.active and not kind.master
            ],
            "fields": [
                (field, type_words(field), dependent_values(field, schema))
                for field in schema.fields.values()
                if is_about(field, words)
            ],
        }
        return TemplateResponse(request, self.change_form_template, context)


def _has_field(row: ObjectDescription, words: str) -> bool:
    """Say whether the object, or one field of it, is about the words."""
    schema = parse_describe(row.describe)
    own = f"{schema.name} {schema.label}".casefold()
    if all(word in own for word in words.casefold().split()):
        return True
    return any(is_about(field, words) for field in schema.fields.values())


def is_about(field: FieldSchema, words: str) -> bool:
    """Say whether each of the words is in what the page says of the field."""
    text = told_of(field).casefold()
    return all(word in text for word in words.casefold().split())


def told_of(field: FieldSchema) -> str:
    """Return what a field can be found by: names, type, length, values, rights."""
    values = " ".join(f"{one.value} {one.label}" for one in field.picklist)
    rights = [gettext("required")] if field.required_on_create else []
    if not (field.createable or field.updateable):
        rights.append(gettext("read-only"))
    rights += [gettext("external id")] if field.external_id else []
    rights += [gettext("unique")] if field.unique else []
    parts = [field.name, field.label, type_words(field), str(field.length or "")]
    return " ".join([*parts, values, *rights, " ".join(field.reference_to)])


def dependent_values(
    field: FieldSchema, schema: ObjectSchema
) -> list[tuple[str, list[str]]]:
    """Return each value with those of the controlling field it may stand beside."""
    controller = schema.fields.get(field.controller or "")
    if controller is None:
        return []
    active = [one for one in field.picklist if one.active]
    return [(one.value, controlling_values(one, controller)) for one in active]
