"""Triggers in the admin: which event asks whom, in rows of plain inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments import sources
from deployments.admin.polls import told_of
from deployments.admin.record_fields import (
    condition_groups,
    described_fields,
    known_fields,
    known_objects,
)
from deployments.admin.rest_setup import rest_setup
from deployments.admin.rows import RecordsField, SuggestingInput, VariablesField
from deployments.admin.showing import NamesSources, badge, bullets, change_link
from deployments.going_live import trigger_problems
from deployments.models import Trigger
from surveys.admin.conditions import ConditionField, in_words
from surveys.shared_rows import OfSurveys

FIELD_NAMES = (
    "email_field",
    "name_field",
    "language_field",
    "repeat_field",
    "time_zone_field",
    "opt_out_field",
    "segment_field",
)
FIELD_INPUT = {"spellcheck": "false", "autocapitalize": "none"}


class TriggerForm(forms.ModelForm):  # type: ignore[type-arg]
    source = forms.ChoiceField(
        label=gettext_lazy("Source"),
        help_text=gettext_lazy("The org or system that tells what happens there."),
    )
    condition = ConditionField(
        label=gettext_lazy("Only if"),
        help_text=gettext_lazy(
            "Without a comparison, every event of this object asks somebody."
        ),
    )
    records = RecordsField(
        label=gettext_lazy("Records it is about"),
        required=False,
        help_text=gettext_lazy(
            "The answers are written to these records: Case with the field Id, "
            "Contact with the field ContactId."
        ),
    )
    variables = VariablesField(
        label=gettext_lazy("Variables of the survey"),
        required=False,
        help_text=gettext_lazy("The field from which each variable is filled."),
    )

    class Meta:
        model = Trigger
        fields = [
            "deployment",
            "source",
            "object",
            "condition",
            "email_field",
            "name_field",
            "language_field",
            "records",
            "variables",
            "repeat_field",
            "when",
            "starts_at",
            "ends_at",
            "share",
            "delay_minutes",
            "recheck",
            "poll_minutes",
            "time_zone_field",
            "opt_out_field",
            "segment_field",
            "is_active",
        ]
        field_classes = {
            "starts_at": forms.SplitDateTimeField,
            "ends_at": forms.SplitDateTimeField,
        }
        widgets = {
            "object": SuggestingInput("trigger-objects", **FIELD_INPUT),
            "email_field": SuggestingInput("trigger-fields", **FIELD_INPUT),
            "name_field": SuggestingInput("trigger-fields", **FIELD_INPUT),
            "language_field": SuggestingInput("trigger-fields", **FIELD_INPUT),
            "repeat_field": SuggestingInput("trigger-fields", **FIELD_INPUT),
            "time_zone_field": SuggestingInput("trigger-fields", **FIELD_INPUT),
            "opt_out_field": SuggestingInput("trigger-fields", **FIELD_INPUT),
            "segment_field": SuggestingInput("trigger-fields", **FIELD_INPUT),
            "starts_at": AdminSplitDateTime(),
            "ends_at": AdminSplitDateTime(),
        }
        help_texts = {
            "object": gettext_lazy("Such as Case, Opportunity or Visit__c."),
            "email_field": gettext_lazy("Such as ContactEmail or Contact.Email."),
            "time_zone_field": gettext_lazy(
                "It holds a name such as Europe/Berlin. Blank: that of the deployment."
            ),
            "segment_field": gettext_lazy(
                "Such as Account.Type: the funnel is shown for each of its values."
            ),
            "opt_out_field": gettext_lazy(
                "Such as Contact.HasOptedOutOfEmail: where it is ticked, nobody is "
                "asked."
            ),
            "language_field": gettext_lazy(
                "It holds a language code such as de or de_AT. Blank: the language "
                "of the survey."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        if "source" in self.fields:
            self.fields["source"].choices = _source_choices(row.source)  # type: ignore[attr-defined]
        if "condition" in self.fields:
            self.fields["condition"].choose_from(condition_groups(known_fields(row)))  # type: ignore[attr-defined]
        if "variables" in self.fields and row.deployment_id:
            declared = row.deployment.survey.variables
            self.fields["variables"].offer(  # type: ignore[attr-defined]
                [(one["key"], one.get("label") or one["key"]) for one in declared]
            )

    def clean(self) -> dict[str, Any]:
        """Name the fields that such a record does not have."""
        cleaned = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("It ends before it starts."))
        row = self.instance
        fields = described_fields(
            cleaned.get("source", row.source), cleaned.get("object", row.object)
        )
        if fields:
            known = {name.lower() for name in fields}
            for name, used in _fields_used(cleaned):
                if "." not in used and used.lower() not in known:
                    self.add_error(
                        name, _no_field(cleaned.get("object", row.object), used)
                    )
        return cleaned


def _source_choices(current: str) -> list[tuple[str, str]]:
    choices = [("", "---------"), *sources.all_choices()]
    if current and current not in dict(choices):
        choices.append((current, _("%(source)s (not connected)") % {"source": current}))
    return choices


def _fields_used(cleaned: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in FIELD_NAMES:
        if cleaned.get(name):
            yield name, cleaned[name]
    for name in ("records", "variables"):
        for used in (cleaned.get(name) or {}).values():
            yield name, used


def _no_field(object_name: str, field: str) -> ValidationError:
    return ValidationError(
        _("%(object)s has no field “%(field)s”."),
        params={"object": object_name, "field": field},
    )


@admin.register(Trigger)
class TriggerAdmin(NamesSources, OfSurveys):
    """Made in two steps: what is listened to first, then the fields it has."""

    survey_path = "deployment__survey"
    form = TriggerForm
    list_display = ["object", "source_name", "deployment_link", "only_if", "active"]
    list_filter = ["is_active", "object"]
    list_select_related = ["deployment"]
    search_fields = ["object", "deployment__name", "deployment__key"]
    ordering = ["pk"]
    change_form_template = "admin/deployments/trigger_form.html"

    class Media:
        css = {"all": ["surveys/forms.css", "deployments/admin.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: Trigger | None = None) -> Any:
        if obj is None:
            hint = _("Save this first: the fields of the record come next.")
            return [
                (
                    None,
                    {"fields": ["deployment", "source", "object"], "description": hint},
                )
            ]
        return [
            (None, {"fields": ["deployment_link", "is_active", "to_do"]}),
            (
                _("When"),
                {
                    "fields": [
                        *("source", "object", "when", "condition", "repeat_field"),
                        *("starts_at", "ends_at", "poll_minutes", "asked"),
                    ]
                },
            ),
            (
                _("Whom"),
                {
                    "fields": [
                        *("email_field", "name_field", "language_field"),
                        *("time_zone_field", "opt_out_field", "segment_field", "share"),
                    ]
                },
            ),
            (
                _("How late, and whether still"),
                {"fields": ["delay_minutes", "recheck"]},
            ),
            (_("About what"), {"fields": ["records", "variables"]}),
        ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Trigger | None = None
    ) -> list[str]:
        return ["deployment_link", "to_do", "asked"] if obj else []

    @admin.display(description=gettext_lazy("deployment"), ordering="deployment__name")
    def deployment_link(self, row: Trigger) -> SafeString:
        return change_link(row.deployment)

    @admin.display(description=gettext_lazy("only if"))
    def only_if(self, row: Trigger) -> str:
        return in_words(row.condition, condition_groups({})) or "–"

    @admin.display(description=gettext_lazy("active"), ordering="is_active")
    def active(self, row: Trigger) -> SafeString:
        if row.is_active:
            return badge("live", _("Active"))
        return badge("off", _("Switched off"))

    @admin.display(description=gettext_lazy("to do"))
    def to_do(self, row: Trigger) -> SafeString | str:
        problems = trigger_problems(row)
        if problems:
            return bullets(problems)
        if row.poll_minutes:
            return _("Nothing is missing, and nothing needs to be installed there.")
        try:
            url = sources.get(row.source).setup_url(row.pk)
        except sources.UnknownSource:
            return _("Nothing is missing.")
        link = format_html(
            '<a href="{}">{}</a>', url, _("What the other system needs for it")
        )
        return format_html("{} {}", _("Nothing is missing here."), link)

    @admin.display(description=gettext_lazy("what asking found"))
    def asked(self, row: Trigger) -> SafeString | str:
        return told_of(row)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(rest_setup)
        own = path("<int:pk>/rest/", view, name="deployments_rest_setup")
        return [own, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        context["suggestions"] = format_html(
            "{}{}",
            _datalist("trigger-objects", known_objects()),
            _datalist("trigger-fields", known_fields(row) if row else {}),
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(
        self, request: HttpRequest, obj: Trigger, post_url_continue: Any = None
    ) -> HttpResponse:
        """Stay on the page: the second step stands there."""
        messages.success(
            request, _("The trigger was added. Now choose the fields of the record.")
        )
        return redirect("admin:deployments_trigger_change", obj.pk)


def _datalist(ident: str, choices: dict[str, str]) -> SafeString:
    options = format_html_join(
        "",
        '<option value="{}">{}</option>',
        ((name, label) for name, label in choices.items()),
    )
    return format_html('<datalist id="{}">{}</datalist>', ident, options)
