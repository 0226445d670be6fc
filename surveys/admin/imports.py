"""The screen that takes a survey of another tool, and reports what became of it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys import importing
from surveys.admin import outline
from surveys.admin.screens import SurveyScreens

LONGEST_NAME = 60


class ImportScreens(SurveyScreens):
    def import_urls(self) -> list[URLPattern]:
        view = require_http_methods(["GET", "HEAD", "POST"])(self.import_view)
        return [
            path(
                "import/",
                self.admin_site.admin_view(view),
                name="surveys_survey_import",
            )
        ]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._import_page(request)
        upload = request.FILES.get("file")
        if upload is None:
            return self._import_page(request, _("Choose a file first."))
        try:
            imported = _read(upload)
        except importing.ImportRefused as error:
            return self._import_page(request, str(error))
        user = cast(AbstractBaseUser, request.user)
        survey = importing.import_survey(imported=imported, user=user)
        return self.page(
            request,
            survey,
            "import_report",
            _("What was imported"),
            report=imported.report,
            edit_url=outline.edit_url(survey),
        )

    def _import_page(self, request: HttpRequest, problem: str = "") -> HttpResponse:
        return self.page(
            request,
            None,
            "import",
            _("Import a survey"),
            status=400 if problem else 200,
            problem=problem,
        )


def _read(upload: Any) -> importing.Imported:
    if upload.size > importing.MOST_BYTES:
        raise importing.ImportRefused(_("The file is larger than 10 MB."))
    name = str(upload.name).rsplit(".", 1)[0][:LONGEST_NAME]
    return importing.read(upload.read(), name=name)
