"""Deployments in the admin: the texts, what is missing, live or paused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments.addresses import is_address
from deployments.admin.funnels import draw
from deployments.admin.showing import badge, bullets, change_link
from deployments.admin.windows import DatesField, WeekdaysField
from deployments.emails import unknown_fields
from deployments.funnel import funnel
from deployments.going_live import NotReady, go_live, missing, pause
from deployments.models import Deployment, FollowUp, Invitation
from deployments.web_links import qr_svg, web_url
from surveys.admin.texts import TextsField, language_name, languages

FIELDS_HELP = gettext_lazy(
    "You can write {{ name }}, {{ survey }} and {{ link }}. "
    "Left blank, Tellback uses its own words, in English or German."
)


class DeploymentForm(forms.ModelForm):  # type: ignore[type-arg]
    subject = TextsField(
        label=gettext_lazy("Subject"),
        longest=200,
        required=False,
        help_text=gettext_lazy("Left blank: the title of the survey."),
    )
    body = TextsField(
        label=gettext_lazy("Message"),
        longest=5000,
        rows=8,
        required=False,
        help_text=FIELDS_HELP,
    )

    send_days = WeekdaysField(
        label=gettext_lazy("Days"), help_text=gettext_lazy("None ticked: every day.")
    )
    holidays = DatesField(
        label=gettext_lazy("Holidays"),
        required=False,
        help_text=gettext_lazy("Dates such as 2026-12-25, one a line: no mail."),
    )

    class Meta:
        model = Deployment
        fields = [
            "name",
            "key",
            "survey",
            "channel",
            "sender_name",
            "sender_email",
            "subject",
            "body",
            "valid_days",
            "quiet_days",
            "skip_role_addresses",
            "send_days",
            "send_from",
            "send_until",
            "time_zone",
            "holidays",
            "test_mode",
            "test_address",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        first = row.survey.default_language if row.survey_id else ""
        codes = languages(first, row.subject, row.body)
        for name in ("subject", "body"):
            if name in self.fields:
                self.fields[name].speak(codes)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        opens, closes = cleaned.get("send_from"), cleaned.get("send_until")
        if opens and closes and closes <= opens:
            self.add_error("send_until", _("It closes before it opens."))
        if cleaned.get("test_mode") and not cleaned.get("test_address"):
            self.add_error("test_address", _("Say where the mails of a test go."))
        return cleaned

    def clean_subject(self) -> dict[str, str]:
        return self._mergeable("subject")

    def clean_body(self) -> dict[str, str]:
        return self._mergeable("body")

    def clean_sender_email(self) -> str:
        address: str = self.cleaned_data["sender_email"]
        if address and not is_address(address):
            raise ValidationError(_("Mail cannot be sent from this address."))
        return address

    def _mergeable(self, name: str) -> dict[str, str]:
        texts: dict[str, str] = self.cleaned_data[name]
        for code, text in texts.items():
            if unknown := unknown_fields(text):
                raise ValidationError(
                    _(
                        "%(language)s: no mail can fill {{ %(field)s }}; there is "
                        "{{ name }}, {{ survey }} and {{ link }}."
                    )
                    % {"language": language_name(code), "field": unknown[0][:50]}
                )
        return texts


class FollowUpForm(forms.ModelForm):  # type: ignore[type-arg]
    subject = TextsField(label=gettext_lazy("Subject"), longest=200, required=False)
    body = TextsField(
        label=gettext_lazy("Message"),
        longest=5000,
        rows=4,
        required=False,
        help_text=FIELDS_HELP,
    )

    class Meta:
        model = FollowUp
        fields = ["kind", "after_hours", "subject", "body", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = languages("", self.instance.subject, self.instance.body)
        for name in ("subject", "body"):
            if name in self.fields:
                self.fields[name].speak(codes)  # type: ignore[attr-defined]


class FollowUpInline(admin.StackedInline):  # type: ignore[type-arg]
    model = FollowUp
    form = FollowUpForm
    extra = 0
    verbose_name_plural = gettext_lazy("Reminders and thank-yous")


@admin.register(Deployment)
class DeploymentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
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
        sets: list[tuple[Any, dict[str, Any]]] = [
            (None, {"fields": top}),
            (
                _("E-mail"),
                {"fields": ["sender_name", "sender_email", "subject", "body"]},
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
            (_("Test"), {"fields": ["test_mode", "test_address"]}),
        ]
        if obj is None:
            return sets
        sets.insert(
            1, (_("Status"), {"fields": ["state", "to_do", "so_far", "how_far"]})
        )
        if obj.channel == Deployment.Channel.WEB:
            sets.insert(2, (_("Web link"), {"fields": ["web_link"]}))
        if obj.channel == Deployment.Channel.TRIGGER:
            sets.insert(2, (_("Triggers"), {"fields": ["triggers_panel"]}))
        return sets

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
        return badge(row.status, row.get_status_display())

    @admin.display(description=gettext_lazy("to do"))
    def to_do(self, row: Deployment) -> SafeString | str:
        problems = missing(row)
        if problems:
            return bullets(problems)
        if row.status == Deployment.Status.LIVE:
            return _("Nothing is missing.")
        return _("Nothing is missing: it can go live, at the end of this page.")

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

    @admin.display(description=gettext_lazy("address"))
    def web_link(self, row: Deployment) -> SafeString:
        return format_html(
            '<a href="{0}">{0}</a><br><img class="dep-qr" src="{1}" alt="{2}"> '
            '<a href="{1}" download="{3}.svg">{4}</a>',
            web_url(row),
            reverse("admin:deployments_deployment_qr", args=[row.pk]),
            _("QR code of the address"),
            row.key,
            _("Download the QR code (SVG)"),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.qr_code)
        own = path("<int:pk>/qr.svg", view, name="deployments_deployment_qr")
        return [own, *super().get_urls()]

    def qr_code(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(Deployment, pk=pk)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return HttpResponse(qr_svg(web_url(row)), content_type="image/svg+xml")

    @admin.display(description=gettext_lazy("triggers"))
    def triggers_panel(self, row: Deployment) -> SafeString:
        url = reverse("admin:deployments_trigger_add")
        add = format_html(
            '<a class="addlink" href="{}?deployment={}">{}</a>',
            url,
            row.pk,
            _("Add a trigger"),
        )
        triggers = row.triggers.order_by("pk")
        lines = format_html_join(
            "",
            "<li>{}{}</li>",
            (
                (
                    change_link(trigger, f"{trigger.object} · {trigger.source}"),
                    "" if trigger.is_active else " (" + _("switched off") + ")",
                )
                for trigger in triggers
            ),
        )
        return format_html('<ul class="dep-list">{}</ul>{}', lines, add)

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
