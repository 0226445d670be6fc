"""The admin of mappings: the list, the short form of a new one, and the editor."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from crm_mappings import activation, documents
from crm_mappings.admin import preview, revisions
from crm_mappings.admin.editor import boxes, page
from crm_mappings.admin.managed import ManagedMappings
from crm_mappings.admin.promoting import Promoting
from crm_mappings.models import Mapping, MappingRevision, WriteBack
from crm_mappings.plan.check import Finding
from crm_mappings.plan.sources import API_NAME
from surveys.models import Survey, survey_key_validator
from surveys.read_only import OwnPage
from surveys.shared_rows import OfSurveys

EDITOR = "admin/crm_mappings/mapping/editor.html"
REVISIONS_SHOWN = 20
# A form's field searches; the pattern of the rules is for a match.
OBJECT_NAME = rf"\A{API_NAME.pattern}"


class BeginForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a mapping cannot do without; the rest is done in the editor."""

    key = forms.CharField(
        label=_("Key"),
        max_length=50,
        required=False,
        validators=[survey_key_validator],
        help_text=_("Empty: made from the name. It cannot be changed later."),
    )
    object = forms.RegexField(
        OBJECT_NAME,
        label=_("Object to update"),
        initial="Case",
        max_length=100,
        help_text=_("Its API name, e.g. Case, Contact or NPS_Response__c."),
    )
    record = forms.RegexField(
        OBJECT_NAME,
        label=_("Record of the invitation"),
        required=False,
        max_length=100,
        help_text=_(
            "The record that the invitation is about, as the trigger names it. "
            "Empty: the same as the object."
        ),
    )

    class Meta:
        model = Mapping
        fields = ["name", "key", "survey", "connection"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        key = cleaned.get("key") or slugify(cleaned.get("name", ""))[:50]
        if not key:
            self.add_error("key", _("Give the mapping a key."))
        elif Mapping.objects.filter(key=key).exists():
            self.add_error("key", _("There is a mapping with this key already."))
        return {**cleaned, "key": key}

    def save(self, commit: bool = True) -> Mapping:
        asked = self.cleaned_data
        return documents.begin(
            **{name: asked[name] for name in ("key", "name", "survey", "connection")},
            object=asked["object"],
            record=asked["record"] or asked["object"],
        )

    def save_m2m(self) -> None:
        """Nothing: everything is saved at once."""


@admin.register(Mapping)
class MappingAdmin(ManagedMappings, Promoting, OwnPage, OfSurveys):
    form = BeginForm
    add_form_template = "admin/crm_mappings/mapping/begin.html"
    change_list_template = "admin/crm_mappings/mapping/change_list.html"
    list_display = ["name", "state", "survey", "connection", "writes", "held"]
    list_filter = ["status", "connection", "survey"]
    list_select_related = ["survey", "connection", "live_revision"]
    search_fields = ["name", "key"]
    ordering = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "key", "survey", "connection"]}),
        (
            _("The first step"),
            {
                "fields": ["object", "record"],
                "description": _("More steps and the fields come next."),
            },
        ),
    ]

    class Media:
        css = {"all": ["crm_mappings/panels.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mapping]:
        held = Q(write_backs__state=WriteBack.State.HELD)
        rows = super().get_queryset(request).prefetch_related("steps")
        counted: QuerySet[Mapping] = rows.annotate(
            held_count=Count("write_backs", filter=held)
        )
        return counted

    def has_delete_permission(
        self, request: HttpRequest, obj: Mapping | None = None
    ) -> bool:
        """What has run stays, for what it wrote; it can be paused."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or obj.live_revision_id is None)

    @admin.display(description=_("status"), ordering="status")
    def state(self, row: Mapping) -> SafeString:
        badge = format_html(
            '<span class="tb-badge tb-{}">{}</span>',
            row.status,
            row.get_status_display(),
        )
        return format_html("{} {}", badge, row.problem) if row.problem else badge

    @admin.display(description=_("what it writes"))
    def writes(self, row: Mapping) -> str:
        steps = sorted(row.steps.all(), key=lambda step: (step.position, step.pk))
        return ", ".join(f"{step.action} {step.object}" for step in steps)

    @admin.display(description=_("held"), ordering="held_count")
    def held(self, row: Any) -> SafeString | str:
        if not row.held_count:
            return "–"
        return format_html(
            '<a href="{}&state__exact=held">{}</a>',
            write_backs_url(row),
            row.held_count,
        )

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<int:pk>/preview/",
                self.admin_site.admin_view(self.preview_view),
                name="crm_mappings_mapping_preview",
            ),
            path(
                "<int:pk>/revisions/<int:number>/",
                self.admin_site.admin_view(self.revision_view),
                name="crm_mappings_mapping_revision",
            ),
        ]
        return [*own, *super().get_urls()]

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(*args, **kwargs)
        for name in ("survey", "connection"):
            widget: Any = form.base_fields[name].widget
            widget.can_add_related = widget.can_change_related = False
            widget.can_delete_related = widget.can_view_related = False
        return form

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        one_way = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, one_way | (extra_context or {}))

    def save_model(
        self, request: HttpRequest, obj: Mapping, form: Any, change: bool
    ) -> None:
        """Nothing: the form has begun the mapping."""

    def response_add(
        self, request: HttpRequest, obj: Mapping, post_url_continue: str | None = None
    ) -> HttpResponse:
        text = _("Begun. Now say which fields are written.")
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(editor_url(obj))

    def page_of(self, request: HttpRequest, row: Mapping) -> HttpResponse:
        if request.method == "POST":
            return self._posted(request, row)
        shown = page.shown(row, timezone.now(), may_read=may_read(request))
        return self._draw(request, shown)

    def _posted(self, request: HttpRequest, row: Mapping) -> HttpResponse:
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        order = request.POST.get("_do", "")
        if order == "pause":
            return self._pause(request, row)
        now = timezone.now()
        typed = page.typed(row, request.POST, now, may_read=may_read(request))
        if order not in page.KEEPING:
            typed.check(now)
            return self._draw(request, typed)
        if not typed.save(may_trust=self._may_trust(request)):
            typed.check(now)
            return self._draw(request, typed)
        self.log_change(request, row, _("Saved the draft."))
        row.refresh_from_db()
        if order == "activate":
            return self._activate(request, row)
        if order == "preview":
            return HttpResponseRedirect(preview_url(row))
        self.message_user(request, _("The draft is saved."), messages.SUCCESS)
        return HttpResponseRedirect(editor_url(row))

    def _activate(self, request: HttpRequest, row: Mapping) -> HttpResponse:
        now = timezone.now()
        try:
            revision = activation.activate(
                mapping=row,
                now=now,
                user=request.user,
                note=request.POST.get("note", ""),
            )
        except activation.MappingRefused:
            refused = page.shown(row, now, may_read=may_read(request))
            refused.refused = True
            return self._draw(request, refused)
        self.log_change(
            request,
            row,
            _("Activated revision %(number)d.") % {"number": revision.number},
        )
        text = _("Revision %(number)d runs for every response from now on.")
        self.message_user(request, text % {"number": revision.number}, messages.SUCCESS)
        return HttpResponseRedirect(editor_url(row))

    def _pause(self, request: HttpRequest, row: Mapping) -> HttpResponse:
        if activation.pause(mapping=row):
            self.log_change(request, row, _("Paused."))
            text = _(
                "Paused: responses that are completed from now on are not written."
            )
            self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(editor_url(row))

    def _draw(self, request: HttpRequest, drawn: page.Page) -> HttpResponse:
        row = drawn.mapping
        context = {
            **self.admin_site.each_context(request),
            **drawn.context(),
            "title": row.name,
            "opts": self.opts,
            "media": boxes.media(),
            "may_change": self.has_change_permission(request, row),
            "may_delete": self.has_delete_permission(request, row),
            "may_trust": self._may_trust(request),
            "erasures": Mapping.Erasure.choices,
            # The editor needs the whole width.
            "is_nav_sidebar_enabled": False,
            "revisions": row.revisions.select_related("activated_by").order_by(
                "-number"
            )[:REVISIONS_SHOWN],
            "preview_url": preview_url(row),
            "write_backs_url": write_backs_url(row),
            "survey_url": survey_url(drawn.survey),
        }
        return TemplateResponse(request, EDITOR, context)

    def _may_trust(self, request: HttpRequest) -> bool:
        return request.user.has_perm("crm_mappings.trust_mapping")

    def revision_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        row = self.get_object(request, str(pk))
        if row is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        revision = get_object_or_404(
            row.revisions.select_related("activated_by", "mapping"), number=number
        )
        refused: tuple[Finding, ...] = ()
        if request.method == "POST":
            if not self.has_change_permission(request, row):
                raise PermissionDenied
            try:
                return self._rolled_back(request, row, revision)
            except activation.MappingRefused as error:
                refused = tuple(filter(activation.will_fail, error.findings))
        context = {
            **self.admin_site.each_context(request),
            **revisions.context(row, revision),
            "title": _("Revisions of %(name)s") % {"name": row},
            "opts": self.opts,
            "original": row,
            "refused": refused,
            "may_change": self.has_change_permission(request, row),
        }
        return TemplateResponse(request, revisions.TEMPLATE, context)

    def _rolled_back(
        self, request: HttpRequest, row: Mapping, revision: MappingRevision
    ) -> HttpResponse:
        made = activation.roll_back(
            revision=revision,
            now=timezone.now(),
            user=request.user,
            note=request.POST.get("note", ""),
            may_trust=self._may_trust(request),
        )
        numbers = {"number": made.number, "earlier": revision.number}
        text = _("Revision %(number)d says what revision %(earlier)d said.") % numbers
        self.log_change(request, row, text)
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(editor_url(row))

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_object(request, str(pk))
        if row is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            **preview.context(row, request.GET, timezone.now()),
            "title": _("Preview of %(name)s") % {"name": row},
            "opts": self.opts,
            "original": row,
        }
        return TemplateResponse(request, preview.TEMPLATE, context)


def may_read(request: HttpRequest) -> bool:
    """What people have answered is for those who may see responses."""
    return request.user.has_perm("responses.view_response")


def editor_url(row: Mapping) -> str:
    return reverse("admin:crm_mappings_mapping_change", args=[row.pk])


def preview_url(row: Mapping) -> str:
    return reverse("admin:crm_mappings_mapping_preview", args=[row.pk])


def write_backs_url(row: Mapping) -> str:
    changelist = reverse("admin:crm_mappings_writeback_changelist")
    return f"{changelist}?mapping__id__exact={row.pk}"


def survey_url(survey: Survey) -> str:
    try:
        return reverse("admin:surveys_survey_change", args=[survey.pk])
    except NoReverseMatch:
        return ""
