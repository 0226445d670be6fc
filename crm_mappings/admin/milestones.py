"""What records in the org hear of invitations, in the admin; and what is on its way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm_mappings.milestones import NAMES, problems_of, send_again
from crm_mappings.models import MilestoneRule, RecordUpdate
from surveys.read_only import SentAgain
from surveys.shared_rows import OfSurveys


class MilestoneRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """One box for each thing that can be told: the field that hears it."""

    class Meta:
        model = MilestoneRule
        fields = ["deployment", "connection", "object", "is_active"]
        help_texts = {
            "object": _("Such as Case or Contact: that record of the invitation.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept: Mapping[str, str] = self.instance.fields or {}
        for key, label in NAMES.items():
            self.fields[box(key)] = forms.CharField(
                label=label, required=False, max_length=200, initial=kept.get(key, "")
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        fields = {
            key: text
            for key in NAMES
            if (text := str(cleaned.get(box(key)) or "").strip())
        }
        for problem in problems_of(fields):
            self.add_error(None, problem)
        if not fields:
            self.add_error(None, _("Name a field for at least one of them."))
        self.instance.fields = fields
        return cleaned


def box(key: str) -> str:
    return f"field_{key}"


@admin.register(MilestoneRule)
class MilestoneRuleAdmin(OfSurveys):
    survey_path = "deployment__survey"
    form = MilestoneRuleForm
    list_display = ["deployment", "object", "connection", "told", "is_active"]
    list_filter = ["connection", "is_active"]
    list_select_related = ["deployment", "connection"]
    ordering = ["deployment__name", "object"]
    fieldsets = [
        (None, {"fields": ["deployment", "connection", "object", "is_active"]}),
        (
            _("The field that hears it; blank: it is not told"),
            {"fields": [box(key) for key in NAMES]},
        ),
    ]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The boxes are made by the form itself; the model does not know them."""
        kwargs["fields"] = MilestoneRuleForm.Meta.fields
        return super().get_form(request, obj, change, **kwargs)

    @admin.display(description=_("what is told"))
    def told(self, row: MilestoneRule) -> str:
        return ", ".join(str(NAMES[key]) for key in NAMES if key in row.fields)


@admin.register(RecordUpdate)
class RecordUpdateAdmin(SentAgain, OfSurveys):
    survey_path = "invitation__deployment__survey"
    when_empty = _(
        "What invitations tell their records stands here. It begins with "
        "milestones in Salesforce."
    )
    list_display = ["object", "record_id", "told", "state", "reason", "created_at"]
    list_filter = ["state", "connection", "object"]
    search_fields = ["record_id"]
    show_full_result_count = False
    ordering = ["-pk"]
    actions = ["again"]
    fields = [
        *("connection", "object", "record_id", "invitation", "told", "state"),
        *("attempts", "due_at", "reason", "created_at", "settled_at"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecordUpdate]:
        return super().get_queryset(request).defer("invitation__token")

    @admin.display(description=_("values"))
    def told(self, row: RecordUpdate) -> SafeString:
        said = ", ".join(f"{field} = {value}" for field, value in row.values.items())
        return format_html("{}", said)

    @admin.action(description=_("Send the held ones again"), permissions=["send"])
    def again(self, request: HttpRequest, queryset: QuerySet[RecordUpdate]) -> None:
        rows = RecordUpdate.objects.filter(pk__in=queryset.values("pk"))
        count = send_again(updates=rows, now=timezone.now())
        text = ngettext(
            "%(count)s will be sent again.", "%(count)s will be sent again.", count
        )
        messages.success(request, text % {"count": count})
