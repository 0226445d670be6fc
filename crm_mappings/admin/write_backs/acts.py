"""The acts on chosen write-backs that want a second look: put back, and give up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm_mappings import delivery
from crm_mappings.admin import undo_runs
from crm_mappings.admin.write_backs import story
from crm_mappings.delivery import undoing
from crm_mappings.delivery.undoing import Fate, Finding
from crm_mappings.models import WriteBack
from crm_mappings.salesforce.errors import OrgError
from surveys.sharing import signed_in

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

# A page that asks the org must answer soon; more is for the workers.
MOST_AT_ONCE = 500
MOST_SHOWN = 100
GRADES = {
    Fate.RESTORE: "good",
    Fate.DELETE: "warn",
    Fate.ALREADY: "info",
    Fate.GONE: "info",
    Fate.KEEP: "warn",
}


class Reason(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("It is kept with each of them and shown in the list."),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One record of the preview of putting back."""

    finding: Finding
    words: str
    grade: str
    url: str
    lines: tuple[tuple[str, str, str, str, bool], ...]


def undo(
    admin: ModelAdmin[WriteBack],
    request: HttpRequest,
    rows: QuerySet[WriteBack],
    back: str,
) -> HttpResponse:
    """Show what putting back would do; do it when the form of that page comes."""
    count = rows.count()
    if count > MOST_AT_ONCE:
        text = _(
            "These are more than %(most)d: they are put back as a run, by the workers. "
            "Say which one."
        )
        admin.message_user(request, text % {"most": MOST_AT_ONCE}, messages.INFO)
        return HttpResponseRedirect(undo_runs.proposed(rows))
    consent = request.POST.get("delete_created") == "on"
    confirmed = request.POST.get("confirmed") == "yes"
    try:
        if confirmed:
            return _put_back(admin, request, rows, consent, back)
        # Deleting is shown as a choice, so it is judged as if it were made.
        found = delivery.look(write_backs=rows, now=timezone.now(), delete_created=True)
    except OrgError as error:
        admin.message_user(request, error.refusal.message, messages.ERROR)
        return HttpResponseRedirect(back)
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Put back what was written"),
        "opts": admin.opts,
        "shown": list(_shown(found))[:MOST_SHOWN],
        "more": max(0, len(found) - MOST_SHOWN),
        "count": count,
        "creates": sum(one.fate is Fate.DELETE for one in found),
        "possible": any(one.fate in undoing.DONE for one in found),
        **_chosen(request, rows),
        "back": back,
    }
    return TemplateResponse(request, "admin/crm_mappings/writeback/undo.html", context)


def _put_back(
    admin: ModelAdmin[WriteBack],
    request: HttpRequest,
    rows: QuerySet[WriteBack],
    consent: bool,
    back: str,
) -> HttpResponse:
    user = signed_in(request.user)
    done = delivery.undo(
        write_backs=rows, now=timezone.now(), user=user, delete_created=consent
    )
    text = ngettext(
        "%(count)d write-back is put back.",
        "%(count)d write-backs are put back.",
        done.undone,
    )
    level = messages.SUCCESS if done.undone else messages.WARNING
    admin.message_user(request, text % {"count": done.undone}, level)
    left = [one for one in done.findings if one.fate not in undoing.DONE]
    for one in left[:10]:
        told = f"{one.record.object} {one.record.record_id}: {undoing.words(one)}"
        admin.message_user(request, told, messages.WARNING)
    return HttpResponseRedirect(back)


def _shown(findings: list[Finding]) -> Iterator[Shown]:
    for finding in findings:
        record = finding.record
        deletes = finding.fate is Fate.DELETE
        yield Shown(
            finding=finding,
            words=str(_("Tellback made this record. It is deleted only if you agree."))
            if deletes
            else undoing.words(finding),
            grade=GRADES.get(finding.fate, "bad"),
            url=story.record_url(record.write_back, record.record_id),
            lines=tuple(
                (
                    one.name,
                    "" if record.created else story.say(one.before),
                    story.say(one.wrote),
                    story.say(one.holds),
                    one.changed,
                )
                for one in finding.fields
            ),
        )


def give_up(
    admin: ModelAdmin[WriteBack],
    request: HttpRequest,
    rows: QuerySet[WriteBack],
    back: str,
) -> HttpResponse:
    """Ask for the reason; take them off the list when it comes."""
    asked = Reason(request.POST if "reason" in request.POST else None)
    if not asked.is_valid():
        context: dict[str, Any] = {
            **admin.admin_site.each_context(request),
            "title": _("Give up"),
            "opts": admin.opts,
            "form": asked,
            "count": rows.count(),
            **_chosen(request, rows),
            "back": back,
        }
        return TemplateResponse(
            request, "admin/crm_mappings/writeback/give_up.html", context
        )
    user = signed_in(request.user)
    count = delivery.give_up(
        write_backs=rows,
        reason=asked.cleaned_data["reason"],
        now=timezone.now(),
        user=user,
    )
    text = ngettext(
        "%(count)d write-back is given up.",
        "%(count)d write-backs are given up.",
        count,
    )
    level = messages.SUCCESS if count else messages.WARNING
    admin.message_user(request, text % {"count": count}, level)
    return HttpResponseRedirect(back)


def _chosen(request: HttpRequest, rows: QuerySet[WriteBack]) -> dict[str, Any]:
    """Return what the page sends back to mean the same rows: all that the list shows,
    as many as they are, or those that were ticked."""
    across = request.POST.get("select_across") == "1"
    keys = rows.order_by().values_list("pk", flat=True)
    return {
        "chosen": list(keys[:1] if across else keys),
        "checkbox": ACTION_CHECKBOX_NAME,
        "across": across,
    }
