"""Admins of rows that the system writes and people read, in every room."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse


class ReadOnly(admin.options.BaseModelAdmin):  # type: ignore[type-arg]
    """Nobody adds, changes or deletes such a row by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SentAgain(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """What is sent somewhere: whoever has the right to change it may send it again."""

    def has_send_permission(self, request: HttpRequest) -> bool:
        right = get_permission_codename("change", self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{right}")


class OwnPage(admin.ModelAdmin):  # type: ignore[type-arg]
    """In place of the admin's form a row has a page of its own."""

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
        return self.page_of(request, row)

    def page_of(self, request: HttpRequest, row: Any) -> HttpResponse:
        raise NotImplementedError
