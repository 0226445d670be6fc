"""Sets a deployment up as the ready-made survey suggests, from the survey's page."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deployments.suggesting import set_up
from surveys.models import Survey
from surveys.next_steps import origin
from surveys.sharing import seen_by


class Suggested(admin.ModelAdmin):  # type: ignore[type-arg]
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.suggested_view))
        name = "deployments_deployment_suggested"
        return [
            path("suggested/<int:survey_id>/", view, name=name),
            *super().get_urls(),
        ]

    def suggested_view(self, request: HttpRequest, survey_id: int) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        rows = seen_by(request.user, Survey.objects.all())
        survey = get_object_or_404(rows, pk=survey_id)
        suggested = origin(survey)
        if suggested is None:
            raise Http404
        language = get_language() or "en"
        row = set_up(survey=survey, suggested=suggested, language=language)
        self.log_addition(request, row, _("As the ready-made survey suggests."))
        messages.success(
            request,
            _("“%(name)s” was added. See below what is still to do.") % {"name": row},
        )
        return redirect("admin:deployments_deployment_change", row.pk)
