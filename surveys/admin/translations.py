"""The screen of translations: the survey's own language left, another right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from surveys import translating
from surveys.admin.screens import SurveyScreens
from surveys.admin.texts import language_name, languages
from surveys.definition.nodes import is_language
from surveys.models import Survey
from surveys.texts import direction
from surveys.translating import FileRefused, Submitted, Unit, sheet, xliff
from surveys.translating.units import LARGEST_FILE

# Each sends two boxes, and a form may send 10,000.
UNITS_A_PAGE = 200
MOST_NAMED = 20
PREFIX = "text-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One text to translate."""

    id: str
    name: str
    source: str
    text: str
    seen: str
    longest: int
    rows: int
    # What somebody else wrote meanwhile.
    theirs: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A language in the list to choose from."""

    code: str
    name: str
    percent: int
    done: int
    of: int


class TranslationScreens(SurveyScreens):
    def translation_urls(self) -> list[URLPattern]:
        any_but = require_http_methods(["GET", "HEAD", "POST"])
        return [
            self.screen("translate", any_but(self.translate_view), "translate"),
            self.screen(
                "translate/export",
                require_safe(self.translation_export_view),
                "translation_export",
            ),
            self.screen(
                "translate/import",
                require_POST(self.translation_import_view),
                "translation_import",
            ),
        ]

    def translate_view(self, request: HttpRequest, survey_id: int) -> HttpResponse:
        if request.method == "POST":
            survey = self.changeable(request, survey_id)
            return self._save(request, survey)
        survey = self.visible(request, survey_id)
        if request.GET.get("to") and not is_language(request.GET["to"]):
            self.message_user(
                request,
                _("“%(code)s” is no language code. Use one such as de, fr or pt-BR.")
                % {"code": request.GET["to"][:40]},
                messages.ERROR,
            )
        return self._screen(request, survey, _language(request, survey))

    def _screen(
        self,
        request: HttpRequest,
        survey: Survey,
        language: str,
        *,
        saved: translating.Saved | None = None,
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        units = translating.units(survey)
        page = _page(request, units, language)
        typed = _submitted(request) if saved else {}
        saved = saved or translating.Saved()
        return self.page(
            request,
            survey,
            "translate",
            _("Translations"),
            status=status,
            own=_spoken(survey.default_language, units),
            other=_spoken(language, units),
            spoken=[_spoken(code, units) for code in _offered(survey, units, language)],
            lines=[
                _line(unit, survey.default_language, language, typed, saved)
                for unit in page.object_list
            ],
            pages=page,
            missing="missing" in request.GET,
            own_direction=direction(survey.default_language),
            other_direction=direction(language),
            **context,
        )

    def _save(self, request: HttpRequest, survey: Survey) -> HttpResponse:
        language = _language(request, survey)
        saved = translating.save_texts(
            survey=survey,
            language=language,
            submitted=_submitted(request),
            user=cast(AbstractBaseUser, request.user),
        )
        count = len(saved.changed)
        if count:
            self.message_user(
                request,
                ngettext("%(n)s text saved.", "%(n)s texts saved.", count)
                % {"n": count},
                messages.SUCCESS,
            )
        if saved.conflicts or saved.too_long:
            self.message_user(
                request,
                _("Not saved: the texts that are marked below. They stay in the form."),
                messages.WARNING,
            )
            return self._screen(request, survey, language, saved=saved, status=409)
        if not count:
            self.message_user(request, _("Nothing was changed."), messages.INFO)
        return redirect(f"{request.path}?{request.GET.urlencode()}")

    def translation_export_view(
        self, request: HttpRequest, survey_id: int
    ) -> HttpResponse:
        survey = self.visible(request, survey_id)
        language, own = _language(request, survey), survey.default_language
        units = translating.units(survey)
        if request.GET.get("format") == "csv":
            body = sheet.write(units, languages=[own, language])
            kind, ending = "text/csv; charset=utf-8", "csv"
        else:
            body = xliff.write(units, survey=survey.key, source=own, target=language)
            kind, ending = "application/xliff+xml", "xlf"
        name = f"{survey.key}-{language}.{ending}"
        return HttpResponse(
            body,
            content_type=kind,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def translation_import_view(
        self, request: HttpRequest, survey_id: int
    ) -> HttpResponse:
        survey = self.changeable(request, survey_id)
        language = _language(request, survey)
        upload = request.FILES.get("file")
        if upload is None:
            self.message_user(request, _("Choose a file first."), messages.ERROR)
            return redirect(_address(survey, language))
        try:
            incoming = _read(upload, survey.default_language)
        except FileRefused as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect(_address(survey, language))
        report = translating.take(
            survey=survey, incoming=incoming, user=cast(AbstractBaseUser, request.user)
        )
        return self.page(
            request,
            survey,
            "translation_report",
            _("What was taken from the file"),
            report=report,
            languages=[language_name(code) for code in report.languages],
            notes=list(_notes(report)),
            back=_address(survey, (report.languages or [language])[0]),
        )


def _read(upload: Any, own: str) -> list[translating.Incoming]:
    if upload.size > LARGEST_FILE:
        raise FileRefused(_("The file is larger than 5 MB."))
    data = upload.read()
    if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
        return xliff.read(data)
    return sheet.read(data, own=own)


def _notes(report: translating.Report) -> list[tuple[str, list[str]]]:
    """What a person should look at, with the texts that it is about."""
    found = [
        (_("Not taken: this survey has no such text"), report.unknown),
        (_("Not taken: too long"), report.too_long),
        (_("Not taken: in the survey's own language"), report.own),
        (_("Not taken: stands in the file a second time"), report.twice),
        (
            _("Taken, but the text that was translated has changed since: check it"),
            report.outdated,
        ),
    ]
    return [(words, _named(ids)) for words, ids in found if ids]


def _named(ids: Sequence[str]) -> list[str]:
    shown = [one[:120] for one in ids[:MOST_NAMED]]
    if len(ids) > MOST_NAMED:
        shown.append(_("and %(more)s more") % {"more": len(ids) - MOST_NAMED})
    return shown


def _language(request: HttpRequest, survey: Survey) -> str:
    """The language to translate into: as asked for, else the next one."""
    code = request.GET.get("to", "")
    if is_language(code) and code != survey.default_language:
        return code
    return next(
        code for code in [*languages(), "en", "de"] if code != survey.default_language
    )


def _offered(survey: Survey, units: Sequence[Unit], language: str) -> list[str]:
    spoken = translating.languages_of(survey, units)
    codes = dict.fromkeys([*languages("", *[dict.fromkeys(spoken, "")]), language])
    return [code for code in codes if code != survey.default_language]


def _spoken(code: str, units: Sequence[Unit]) -> Spoken:
    progress = translating.progress(code, units)
    return Spoken(
        code=code,
        name=language_name(code),
        percent=progress.percent,
        done=progress.done,
        of=progress.of,
    )


def _page(request: HttpRequest, units: Sequence[Unit], language: str) -> Page[Unit]:
    if "missing" in request.GET:
        units = [unit for unit in units if not unit.texts.get(language)]
    return Paginator(units, UNITS_A_PAGE).get_page(request.GET.get("page"))


def _submitted(request: HttpRequest) -> dict[str, Submitted]:
    return {
        name.removeprefix(PREFIX): Submitted(
            text=str(text), seen=request.POST.get(f"seen-{name}", "")
        )
        for name, text in request.POST.items()
        if name.startswith(PREFIX)
    }


def _line(
    unit: Unit,
    own: str,
    language: str,
    typed: Mapping[str, Submitted],
    saved: translating.Saved,
) -> Line:
    stored, source = unit.texts.get(language, ""), unit.texts.get(own, "")
    problem = ""
    if unit.id in saved.too_long:
        problem = _("Use at most %(n)s characters.") % {"n": saved.too_long[unit.id]}
    refused = unit.id in saved.too_long or unit.id in saved.conflicts
    text = typed[unit.id].text if refused else stored
    return Line(
        id=unit.id,
        name=f"{PREFIX}{unit.id}",
        source=source,
        text=text,
        seen=translating.fingerprint(stored),
        longest=unit.longest,
        rows=min(8, 1 + max(source.count("\n"), len(source) // 60)),
        theirs=saved.conflicts.get(unit.id, ""),
        problem=problem or (_conflict() if unit.id in saved.conflicts else ""),
    )


def _conflict() -> str:
    return _(
        "Somebody else changed this text meanwhile. Save again to write yours over it."
    )


def _address(survey: Survey, language: str) -> str:
    address = reverse("admin:surveys_survey_translate", args=[survey.pk])
    return f"{address}?{urlencode({'to': language})}"
