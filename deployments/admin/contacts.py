"""Contacts in the admin: whom another system told of, to be looked at and taken out."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from deployments.models import Contact
from surveys.shared_rows import OfSurveys


@admin.register(Contact)
class ContactAdmin(OfSurveys):
    survey_path = "deployment__survey"
    when_empty = gettext_lazy(
        "People whom another system hands over by the API stand here, for the mailings "
        "of their deployment."
    )
    list_display = ["email", "name", "deployment", "language", "segment", "updated_at"]
    list_filter = ["deployment"]
    list_select_related = ["deployment"]
    search_fields = ["email", "name"]
    ordering = ["email", "pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
