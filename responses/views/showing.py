"""Owns how a page of a survey, or its end, becomes HTML in the respondent's
language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation.trans_real import parse_accept_lang_header

from responses import forms, languages, places
from responses.arrivals import Shut
from responses.introductions import introduction
from responses.models import Response
from responses.tongues import tongue
from responses.views import notices
from responses.views.framing import surroundings
from responses.views.printing import Filler, printed
from responses.visits import Visit
from surveys.answers import AnswerProblem, Raw
from surveys.definition import Definition, Page
from surveys.looks import style_of
from surveys.speech import Speech


def language_of(request: HttpRequest, visit: Visit) -> str:
    """By choice, by what was begun, by invitation, by the browser, by default."""
    wanted = [
        request.POST.get("lang", ""),
        request.GET.get("lang", ""),
        request.POST.get("language", ""),
        visit.response.language if visit.response else "",
        visit.invited.language if visit.invited else "",
        *_accepted(request),
    ]
    definition = visit.definition
    return languages.choose(wanted, definition.languages, definition.default_language)


def show(  # noqa: PLR0913 - each is a thing to say on the page
    visit: Visit,
    page: Page,
    language: str,
    *,
    raw: Mapping[str, Raw] | None = None,
    problems: Mapping[str, AnswerProblem] | None = None,
    trouble: bool = False,
    more: bool = False,
    chosen: bool = False,
    missing: Collection[str] = (),
) -> HttpResponse:
    """`missing`: names of the introduction that must be filled in first."""
    definition = visit.definition
    spoken = tongue(language)
    filler = Filler(visit.filler(language))
    speech = speech_of(visit, language, fill=filler)
    with translation.override(spoken.interface):
        sheet = forms.sheet(
            page,
            definition,
            visit.answers,
            visit.variables,
            speech=speech,
            raw=raw,
            problems=problems,
            seed=visit.seed,
        )
        same: dict[str, Hashable] = {
            "tongue": spoken,
            "survey": speech.plain(definition.title),
            "survey_html": speech.inline(definition.title),
            "sheet": sheet,
            "dress": visit.style.dress(speech),
            "around": surroundings(visit),
            "languages": _other_languages(definition, language),
            "trouble": trouble,
            "more": more,
            # What was clicked in a mail: kept once a person does anything here.
            "chosen": chosen and not visit.is_machine,
            "introduction": introduction(visit, speech),
            "missing": tuple(missing),
            "carried": tuple(visit.carried.items()),
            "resumes": visit.resumes,
            "trap": visit.is_open and not visit.response,
        }
        fresh = not (raw or visit.response or visit.carried or visit.sum)
        content = printed(
            "respondent/page.html",
            same,
            _own(visit),
            shared=fresh and not filler.is_used,
        )
    wrong = missing or (sheet.wrong and raw is not None)
    status = 503 if trouble else 422 if wrong else 200
    response = HttpResponse(content, status=status)
    response["Content-Language"] = language
    return response


def _own(visit: Visit) -> dict[str, str]:
    """What nobody else's page has."""
    begins = not visit.response
    return {
        "start": visit.start if begins else "",
        "stamp": visit.stamp if begins else "",
        "posts_to": visit.posts_to,
        "opt_out": visit.opt_out,
        "erase": visit.erases,
    }


def _other_languages(
    definition: Definition, language: str
) -> tuple[tuple[str, str], ...]:
    return tuple(
        (code, languages.own_name(code))
        for code in definition.languages
        if code != language
    )


def speech_of(
    visit: Visit, language: str, *, fill: Callable[[str], str] | None = None
) -> Speech:
    return Speech(
        language=language,
        default=visit.definition.default_language,
        fill=fill or visit.filler(language),
    )


def close(notice: notices.Notice, visit: Visit, language: str) -> HttpResponse:
    filler = Filler(visit.filler(language))
    speech = speech_of(visit, language, fill=filler)
    body: SafeString | str = ""
    if visit.response and visit.response.status == Response.Status.ERASED:
        notice = notices.ERASED
    elif visit.response and visit.response.full_quota == places.FULL:
        body, notice = speech.paragraphs(visit.deployment.closed_message), notices.ENDED
    elif notice is notices.THANKS:
        ending = visit.ending
        body = speech.paragraphs(ending.text)
        notice = notices.SCREENED_OUT if ending.screened_out else notice
    survey, dress = speech.plain(visit.definition.title), visit.style.dress(speech)
    return notices.render(
        notice,
        language=language,
        survey=survey,
        body=body,
        dress=dress,
        around=surroundings(visit),
        away=visit.away(language) if notice is notices.THANKS else "",
        erase=visit.erases,
        shared=not filler.is_used,
    )


def close_shut(request: HttpRequest, shut: Shut) -> HttpResponse:
    """Say to somebody new that it has not begun, or is over, in the sender's words."""
    deployment = shut.deployment
    default = deployment.survey.default_language
    known = [*deployment.closed_message] or [default]
    language = languages.choose(_accepted(request), known, default)
    speech = Speech(language=language, default=default)
    body = "" if shut.early else speech.paragraphs(deployment.closed_message)
    notice = notices.NOT_YET if shut.early else notices.ENDED
    dress = style_of(deployment.survey).dress(speech)
    return notices.render(notice, language=language, body=body, dress=dress)


def _accepted(request: HttpRequest) -> list[str]:
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    return [code for code, _weight in accepted]


def see(address: str, page: Page | None = None, **query: str) -> HttpResponse:
    """303: a reload of what comes next sends nothing again."""
    if page is not None:
        query = {"page": page.key, **query}
    target = f"{address}?{urlencode(query)}" if query else address
    return HttpResponseRedirect(target, status=303)
