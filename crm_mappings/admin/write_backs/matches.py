"""The match inbox: which record is meant, the candidates side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm_mappings.admin.write_backs import story
from crm_mappings.delivery import matching
from crm_mappings.delivery.matching import Candidate, NoQuestion, NotThere, Question
from crm_mappings.models import WriteBack
from crm_mappings.salesforce.errors import OrgError
from surveys.conditions.values import moment
from surveys.read_only import SentAgain
from surveys.sharing import seen_by

PER_PAGE = 50
RELATED = ("response__survey", "response__invitation", "mapping__connection")


def waiting(request: HttpRequest) -> QuerySet[WriteBack]:
    """Return what waits for a choice that this person may make."""
    return seen_by(request.user, matching.waiting(), "response__survey")


def inbox(admin: SentAgain, request: HttpRequest) -> HttpResponse:
    """List what waits for a choice, oldest first."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    rows = waiting(request).select_related(*RELATED)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Match inbox"),
        "opts": admin.opts,
        "page": page,
        "may_choose": admin.has_send_permission(request),
    }
    template = "admin/crm_mappings/writeback/inbox.html"
    return TemplateResponse(request, template, context)


def match(admin: SentAgain, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the candidates of one; take the choice."""
    if not admin.has_send_permission(request):
        raise PermissionDenied
    rows = admin.get_queryset(request)
    rows = rows.select_related(*RELATED, "mapping__live_revision")
    row = get_object_or_404(rows, pk=pk)
    try:
        if request.method == "POST":
            return _choose(admin, request, row)
        words = request.GET.get("q", "").strip()
        question = matching.ask(write_back=row, now=timezone.now(), words=words)
    except (NoQuestion, OrgError) as error:
        admin.message_user(request, said(error), messages.ERROR)
        return HttpResponseRedirect(inbox_url())
    return _shown(admin, request, row, question, words)


def _choose(admin: SentAgain, request: HttpRequest, row: WriteBack) -> HttpResponse:
    typed = request.POST.get("other", "").strip()
    try:
        more = matching.choose(
            write_back=row,
            record_id=typed or request.POST.get("record", ""),
            remember=request.POST.get("remember") == "on",
            now=timezone.now(),
            user=request.user,
        )
    except NotThere as error:
        admin.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(match_url(row.pk))
    text = str(_("It is being written to the chosen record."))
    if more:
        text = ngettext(
            "It is being written to the chosen record, and %(count)d other like it.",
            "It is being written to the chosen record, and %(count)d others like it.",
            more,
        ) % {"count": more}
    admin.message_user(request, text, messages.SUCCESS)
    following = waiting(request).first()
    return HttpResponseRedirect(match_url(following.pk) if following else inbox_url())


def _shown(
    admin: SentAgain,
    request: HttpRequest,
    row: WriteBack,
    question: Question,
    words: str,
) -> HttpResponse:
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "title": _("Which %(object)s is meant?") % {"object": question.object_label},
        "opts": admin.opts,
        "row": row,
        "question": question,
        "lines": list(lines(question)),
        "heads": [
            (one.id, story.record_url(row, one.id), title(one))
            for one in question.candidates
        ],
        "remembered_by": ", ".join(key[2] for key in question.keys),
        "q": words,
        "left": waiting(request).count(),
        "inbox_url": inbox_url(),
        "response_url": reverse(
            "admin:responses_response_change", args=[row.response_id]
        ),
    }
    template = "admin/crm_mappings/writeback/match.html"
    return TemplateResponse(request, template, context)


def lines(question: Question) -> Iterator[tuple[str, list[str], bool]]:
    """Yield each line that says something, and whether all say the same."""
    for path, label in question.lines:
        values = [shown(path, one.values[path]) for one in question.candidates]
        if any(values):
            yield label, values, len(set(values)) == 1


def shown(path: str, value: object) -> str:
    """Return a value as a person reads it; moments in their own time zone."""
    if path in matching.DATES and isinstance(value, str) and value:
        found = moment(value)
        if found is not None:
            return date_format(timezone.localtime(found), "SHORT_DATETIME_FORMAT")
    return story.say(value)


def title(candidate: Candidate) -> str:
    """Return what a person calls the record."""
    names = ("Name", "CaseNumber", "Subject", "Title")
    found = (candidate.values.get(name) for name in names)
    return str(next((name for name in found if name), candidate.id))


def said(error: Exception) -> str:
    return error.refusal.message if isinstance(error, OrgError) else str(error)


def inbox_url() -> str:
    return reverse("admin:crm_mappings_writeback_matches")


def match_url(pk: int) -> str:
    return reverse("admin:crm_mappings_writeback_match", args=[pk])
