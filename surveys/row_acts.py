"""An admin of rows that buttons act on: each act has an address and takes a POST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse


class RowActs(admin.ModelAdmin):  # type: ignore[type-arg]
    """For each name in `acts` a method of that name behind a ``_``, which is given
    the request and the row; it needs the right to change the row, and is logged."""

    acts: ClassVar[tuple[str, ...]] = ()

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(self._view(name)),
                name=self._named(name),
            )
            for name in self.acts
        ]
        return [*own, *super().get_urls()]

    def act_urls(self, row: Any) -> dict[str, str]:
        return {
            name: reverse(f"admin:{self._named(name)}", args=[row.pk])
            for name in self.acts
        }

    def _named(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def _view(self, name: str) -> Callable[..., HttpResponse]:
        act: Callable[[HttpRequest, Any], None] = getattr(self, f"_{name}")

        def view(request: HttpRequest, pk: int) -> HttpResponse:
            row = get_object_or_404(self.get_queryset(request), pk=pk)
            allowed = self.has_change_permission(request, row)
            if request.method != "POST" or not allowed:
                raise PermissionDenied
            act(request, row)
            self.log_change(request, row, name)
            page = f"admin:{self._named('change')}"
            return HttpResponseRedirect(reverse(page, args=[pk]))

        return view
