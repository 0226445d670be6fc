"""The admin of what is deployed to Salesforce: each on a page that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm_mappings import provisioning
from crm_mappings.models import Mapping, Provisioning
from surveys.read_only import OwnPage
from surveys.shared_rows import OfSurveys

State = Provisioning.State
LOOKS = {
    State.WAITING: "waiting",
    State.SENT: "sending",
    State.GRANTING: "sending",
    State.VERIFYING: "sending",
    State.DONE: "good",
    State.FAILED: "bad",
    State.CANCELLED: "warn",
}
STEPS = (
    (State.WAITING, _("The package is made")),
    (State.SENT, _("Salesforce takes it in")),
    (State.GRANTING, _("The connection's user gets access")),
    (State.VERIFYING, _("Everything is looked at again")),
    (State.DONE, _("The mapping is made")),
)
CHECK_STEPS = (
    (State.WAITING, _("The package is made")),
    (State.SENT, _("Salesforce tries it, and changes nothing")),
    (State.DONE, _("Validated")),
)
TRIGGER_STEPS = (
    (State.WAITING, _("The package is made")),
    (State.SENT, _("Salesforce takes it in")),
    (State.DONE, _("Salesforce tells Tellback from now on")),
)


@admin.register(Provisioning)
class ProvisioningAdmin(OwnPage, OfSurveys):
    when_empty = _(
        "What was created in Salesforce from here stands here. It begins with a "
        "managed mapping."
    )
    list_display = ["subject", "status", "what", "connection", "created_at", "who"]
    list_display_links = ["subject"]
    list_filter = ["state", "connection", "kind"]
    list_select_related = ["survey", "trigger", "connection", "created_by", "mapping"]
    ordering = ["-created_at"]
    change_form_template = "admin/crm_mappings/provisioning/page.html"

    class Media:
        css = {"all": ["crm_mappings/panels.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They begin where what they are for is seen."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not obj.under_way)

    @admin.display(description=_("for"))
    def subject(self, row: Provisioning) -> str:
        return str(row.survey or row.trigger or row.get_kind_display())

    @admin.display(description=_("status"), ordering="state")
    def status(self, row: Provisioning) -> SafeString:
        return badge(row)

    @admin.display(description=_("what"))
    def what(self, row: Provisioning) -> str:
        return str(_("Validated only") if row.check_only else row.get_kind_display())

    @admin.display(description=_("begun by"))
    def who(self, row: Provisioning) -> str:
        return str(row.created_by or "–")

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:pk>/<str:act>/",
            self.admin_site.admin_view(self.act_view),
            name="crm_mappings_provisioning_act",
        )
        return [*super().get_urls()[:-1], own, *super().get_urls()[-1:]]

    def act_view(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        allowed = request.user.has_perm("crm_mappings.add_provisioning")
        if request.method != "POST" or not allowed:
            raise PermissionDenied
        if act == "cancel":
            self._cancel(request, row)
        elif act == "go-on":
            provisioning.go_on(row=row, now=timezone.now())
        else:
            raise Http404
        return HttpResponseRedirect(page(row))

    def _cancel(self, request: HttpRequest, row: Provisioning) -> None:
        if not provisioning.cancel(row=row, now=timezone.now()):
            text = _("It was too late to cancel it.")
            self.message_user(request, text, messages.WARNING)

    def page_of(self, request: HttpRequest, row: Provisioning) -> HttpResponse:
        provisioning.watch(row=row, now=timezone.now())
        context = {
            **self.admin_site.each_context(request),
            "title": title(row),
            "opts": self.opts,
            "row": row,
            "badge": badge(row),
            "steps": steps(row),
            "may_act": request.user.has_perm("crm_mappings.add_provisioning"),
            "again_url": again_url(row),
            "draft": row.mapping is not None
            and row.mapping.status == Mapping.Status.DRAFT,
            "media": self.media,
        }
        return TemplateResponse(request, self.change_form_template, context)


def page(row: Provisioning) -> str:
    return reverse("admin:crm_mappings_provisioning_change", args=[row.pk])


def title(row: Provisioning) -> str:
    text = (
        _("Validate at %(org)s: %(subject)s")
        if row.check_only
        else _("Deploy to %(org)s: %(subject)s")
    )
    return text % {"org": row.connection, "subject": row.survey or row.trigger}


def badge(row: Provisioning) -> SafeString:
    return format_html(
        '<span class="tb-badge tb-{}">{}</span>',
        LOOKS[State(row.state)],
        row.get_state_display(),
    )


def again_url(row: Provisioning) -> str:
    """Return where the same is proposed once more."""
    if row.survey is None:
        return ""
    return propose_url(row.survey.key, row.connection.key, row.records)


def propose_url(survey: str, connection: str = "", records: Sequence[str] = ()) -> str:
    """Return the address of the page that proposes a mapping of a survey."""
    about: dict[str, Any] = {"survey": survey, "connection": connection}
    named = {name: value for name, value in about.items() if value}
    return reverse(
        "admin:crm_mappings_mapping_propose", query={**named, "record": records}
    )


def steps(row: Provisioning) -> list[dict[str, Any]]:
    """Return each step with what is to be seen of it: done, now, next or failed."""
    named: tuple[tuple[State, Any], ...] = CHECK_STEPS if row.check_only else STEPS
    if row.kind == Provisioning.Kind.TRIGGER and not row.check_only:
        named = TRIGGER_STEPS
    at = _place(row, [state for state, _text in named])
    ended = row.state in {State.FAILED, State.CANCELLED}
    looks = []
    for place, (_state, text) in enumerate(named):
        look = "done" if place < at or row.state == State.DONE else "next"
        if place == at and row.state != State.DONE:
            look = "failed" if ended else "now"
        looks.append({"text": text, "look": look})
    return looks


def _place(row: Provisioning, states: list[State]) -> int:
    if row.state in states:
        return states.index(State(row.state))
    # It has ended early: after what it had come to.
    if row.deployed_at and State.GRANTING in states:
        return states.index(State.GRANTING)
    return 1 if row.deploy_id else 0
