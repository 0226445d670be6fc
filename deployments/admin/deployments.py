"""Deployments in the admin: the texts, what is missing, live or paused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, Model, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments import sources
from deployments.admin.deployment_forms import (
    TRUST,
    DeploymentForm,
    FollowUpForm,
)
from deployments.admin.doors import Doors
from deployments.admin.funnels import draw
from deployments.admin.previews import Previews
from deployments.admin.showing import badge, bullets, change_link
from deployments.admin.suggested import Suggested
from deployments.funnel import funnel
from deployments.going_live import NotReady, advice, checklist, go_live, pause
from deployments.models import Deployment, FollowUp, Invitation
from deployments.senders import know
from surveys.shared_rows import OfSurveys

STATUS = ("state", "to_do", "so_far", "how_far")
TEST = ("test_mode", "test_address", "writes_tests")


class FollowUpInline(admin.StackedInline):  # type: ignore[type-arg]
    model = FollowUp
    form = FollowUpForm
    extra = 0
    verbose_name_plural = gettext_lazy("Reminders and thank-yous")


@admin.register(Deployment)
class DeploymentAdmin(OfSurveys, Doors, Previews, Suggested):
    form = DeploymentForm
    change_form_template = "admin/deployments/deployment/change_form.html"
    inlines = [FollowUpInline]
    list_display = ["name", "key", "survey_link", "channel", "state"]
    list_filter = ["status", "channel", "survey"]
    list_select_related = ["survey"]
    search_fields = ["name", "key", "survey__key"]
    ordering = ["name", "pk"]

    class Media:
        css = {"all": ["surveys/forms.css", "deployments/admin.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: Deployment | None = None) -> Any:
        top = ["name", "key", "survey", "channel"]
        mails: list[tuple[Any, dict[str, Any]]] = [
            (
                _("E-mail"),
                {
                    "fields": [
                        *("sender_name", "sender_email", "subject", "body"),
                        "asks_in_mail",
                    ]
                },
            ),
            (
                _("Limits"),
                {"fields": ["valid_days", "quiet_days", "skip_role_addresses"]},
            ),
            (
                _("When mails go out"),
                {
                    "fields": [
                        *("send_days", "send_from", "send_until"),
                        *("time_zone", "holidays"),
                    ]
                },
            ),
        ]
        sets: list[tuple[Any, dict[str, Any]]] = [
            (None, {"fields": top}),
            *([] if _mails_nobody(obj) else mails),
            (_("What people are told"), {"fields": TRUST, "classes": ["collapse"]}),
            *self.door_fieldsets(obj),
            (_("Test"), {"fields": _without_mail(obj, TEST, "test_address")}),
        ]
        if obj is None:
            return sets
        sets.insert(1, (_("Status"), {"fields": _without_mail(obj, STATUS, "so_far")}))
        if obj.channel == Deployment.Channel.WEB:
            sets.insert(2, (_("Web link"), {"fields": ["web_link"]}))
        if obj.channel == Deployment.Channel.TRIGGER:
            sets.insert(2, (_("Triggers"), {"fields": ["triggers_panel"]}))
        if obj.channel == Deployment.Channel.LINKS:
            about = {"fields": ["links_panel", "triggers_panel"]}
            sets.insert(2, (_("Tracking links"), about))
        if obj.channel in {Deployment.Channel.MAILING, Deployment.Channel.RECURRING}:
            sets.insert(2, (_("Whom it asks"), {"fields": ["people_panel"]}))
        return sets

    def get_inlines(self, request: HttpRequest, obj: Deployment | None) -> Any:
        return [] if _mails_nobody(obj) else self.inlines

    def get_readonly_fields(
        self, request: HttpRequest, obj: Deployment | None = None
    ) -> list[str]:
        if obj is None:
            return []
        shown = [
            "state",
            "to_do",
            "so_far",
            "how_far",
            "triggers_panel",
            "people_panel",
            "links_panel",
            "web_link",
            "key",
        ]
        # Answers that are on their way would belong to the wrong survey.
        return [*shown, "survey"] if obj.invitations.exists() else shown

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Deployment | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else {"key": ["name"]}

    @admin.display(description=gettext_lazy("survey"), ordering="survey__key")
    def survey_link(self, row: Deployment) -> SafeString:
        return change_link(row.survey)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, row: Deployment) -> SafeString:
        now = timezone.now()
        if row.status == Deployment.Status.LIVE:
            if row.is_over(now) or row.is_full:
                return badge("closed", _("Closed"))
            if row.is_early(now):
                return badge("early", _("Not opened yet"))
        return badge(row.status, row.get_status_display())

    @admin.display(description=gettext_lazy("to do"))
    def to_do(self, row: Deployment) -> SafeString:
        checks = checklist(row)
        if any(check.problems for check in checks):
            said = _("It can go live when all of this is done:")
        elif row.status == Deployment.Status.LIVE:
            said = _("Nothing is missing.")
        else:
            said = _("Nothing is missing: it can go live, at the end of this page.")
        return render_to_string(
            "admin/deployments/checklist.html",
            {"said": said, "checks": checks, "advice": advice(row)},
        )

    @admin.display(description=gettext_lazy("so far"))
    def so_far(self, row: Deployment) -> SafeString:
        counts = row.invitations.aggregate(
            invited=Count("pk"),
            sent=Count("pk", filter=Q(mail=Invitation.Mail.SENT)),
            trouble=Count("pk", filter=Q(mail__in=["failed", "unknown"])),
            completed=Count("pk", filter=Q(completed_at__isnull=False)),
        )
        text = _(
            "%(invited)s invited, %(sent)s mailed, %(completed)s answered, "
            "%(trouble)s with mail trouble"
        )
        url = reverse("admin:deployments_invitation_changelist")
        return format_html(
            '<a href="{}?deployment__id__exact={}">{}</a>', url, row.pk, text % counts
        )

    @admin.display(description=gettext_lazy("how far they came"))
    def how_far(self, row: Deployment) -> SafeString:
        return draw(funnel(deployment=row, now=timezone.now()))

    def save_model(
        self, request: HttpRequest, obj: Deployment, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        know(sender_email=obj.sender_email)

    @admin.display(description=gettext_lazy("triggers"))
    def triggers_panel(self, row: Deployment) -> SafeString:
        names = dict(sources.all_choices())
        triggers = row.triggers.order_by("pk")
        return _panel(
            (
                (
                    one,
                    f"{one.object} · {names.get(one.source, one.source)}",
                    one.is_active,
                )
                for one in triggers
            ),
            ("deployments_trigger_add", row, _("Add a trigger")),
        )

    @admin.display(description=gettext_lazy("people"))
    def people_panel(self, row: Deployment) -> SafeString:
        lists = row.lists.order_by("pk")
        listed = _panel(
            ((one, one.name, one.is_active) for one in lists),
            ("deployments_peoplelist_add", row, _("Add a list from the CRM")),
        )
        if row.channel == Deployment.Channel.RECURRING:
            return listed
        upload = _add_link("deployments_mailing_add", row, _("Upload a file"))
        return format_html("{}<br>{}", listed, upload)

    @admin.display(description=gettext_lazy("how to get them"))
    def links_panel(self, row: Deployment) -> SafeString:
        body = {
            "deployment": row.key,
            "links": [{"email": "ada@example.com", "event_key": "00001026-closed"}],
        }
        return render_to_string(
            "admin/deployments/links.html",
            {
                "url": f"{settings.BASE_URL}/api/v1/tracking-links/",
                "body": json.dumps(body, indent=2),
                "docs": "/api/v1/docs/",
                "wsdl": f"{settings.BASE_URL}/api/soap/?wsdl",
                "field": "Tellback_Link__c",
            },
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        context["can_pause"] = row and row.status == Deployment.Status.LIVE
        return super().render_change_form(request, context, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: Deployment) -> HttpResponse:
        if "_go_live" in request.POST:
            self._go_live(request, obj)
        elif "_pause" in request.POST:
            pause(deployment=obj)
            self.log_change(request, obj, _("Paused."))
            messages.success(
                request,
                _("Paused: nobody new is asked. Links that are out still work."),
            )
        else:
            return super().response_change(request, obj)
        return HttpResponseRedirect(request.path)

    def _go_live(self, request: HttpRequest, row: Deployment) -> None:
        try:
            go_live(deployment=row)
        except NotReady as error:
            messages.error(
                request,
                format_html(
                    "{} {}",
                    _("Saved, but it cannot go live yet:"),
                    bullets(error.problems),
                ),
            )
            return
        self.log_change(request, row, _("Set live."))
        messages.success(request, _("“%(name)s” is live.") % {"name": row})

    def response_add(
        self, request: HttpRequest, obj: Deployment, post_url_continue: Any = None
    ) -> HttpResponse:
        """Stay on the page: what comes next stands there."""
        messages.success(
            request,
            _("“%(name)s” was added. See below what is still to do.") % {"name": obj},
        )
        return redirect("admin:deployments_deployment_change", obj.pk)


def _without_mail(
    row: Deployment | None, names: Sequence[str], about_mail: str
) -> list[str]:
    return [one for one in names if one != about_mail or not _mails_nobody(row)]


def _mails_nobody(row: Deployment | None) -> bool:
    return row is not None and row.channel == Deployment.Channel.WEB


def _panel(
    rows: Iterable[tuple[Model, str, bool]], add: tuple[str, Deployment, str]
) -> SafeString:
    """Links to rows, which of them are off, and a link to one more."""
    lines = format_html_join(
        "",
        "<li>{}{}</li>",
        (
            (change_link(row, label), "" if on else " (" + _("switched off") + ")")
            for row, label, on in rows
        ),
    )
    return format_html('<ul class="dep-list">{}</ul>{}', lines, _add_link(*add))


def _add_link(view: str, row: Deployment, label: str) -> SafeString:
    return format_html(
        '<a class="addlink" href="{}?deployment={}">{}</a>',
        reverse(f"admin:{view}"),
        row.pk,
        label,
    )
