"""The opt-out page: one button for people, one POST for mail clients (RFC 8058).

A GET changes nothing, because mail scanners follow links. The token is the whole
credential, so the POST needs no cookie and no log-in.
"""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from deployments import short_links
from deployments.emails import survey_title
from deployments.invitations import UnknownToken, has_opted_out, look_up
from deployments.invitations import opt_out as take_opt_out
from deployments.models import Invitation
from surveys.looks import style_of
from surveys.speech import Speech


@require_safe
def short_link(request: HttpRequest, code: str) -> HttpResponse:
    """From the address on paper to the web link, with what stands behind the “?”."""
    deployment = short_links.find(code)
    if deployment is None:
        raise Http404
    query = request.META.get("QUERY_STRING", "")
    address = f"/w/{deployment.key}/" + (f"?{query}" if query else "")
    return HttpResponseRedirect(address)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    try:
        invitation = look_up(
            token, "deployment__survey__live_version", "deployment__survey__theme"
        )
    except UnknownToken:
        return _page(request, "unknown", status=404)
    if not invitation.email:
        return _page(request, "unknown", status=404)
    with translation.override(_page_language(invitation)):
        if request.method == "POST":
            take_opt_out(invitation=invitation, now=timezone.now())
        survey, language = invitation.deployment.survey, translation.get_language()
        speech = Speech(language=language or "", default=survey.default_language)
        return _page(
            request,
            "done" if has_opted_out(invitation) else "ask",
            address=_masked(invitation.email),
            survey=survey_title(invitation.deployment, speech.language),
            dress=style_of(survey).dress(speech),
        )


def _page(
    request: HttpRequest, state: str, *, status: int = 200, **more: object
) -> HttpResponse:
    context = {"state": state, **more}
    response = render(request, "deployments/opt_out.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


def _page_language(invitation: Invitation) -> str:
    """The language of the mail, where these pages speak it; else the browser's."""
    base = invitation.language.split("-")[0].lower()
    if base in dict(settings.LANGUAGES):
        return base
    return translation.get_language() or settings.LANGUAGE_CODE


def _masked(email: str) -> str:
    """Enough to know one's own address, too little to learn another's."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}***@{domain}"
