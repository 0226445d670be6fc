"""Limits, blocked domains and follow-up mails in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deployments.admin.polls import ByWorkers
from deployments.admin.record_fields import condition_groups, known_everywhere
from deployments.admin.rows import SuggestingInput
from deployments.admin.showing import badge, change_link
from deployments.invitations import send_again
from deployments.limit_documents import free_key
from deployments.models import BlockedDomain, Cap, FollowUpMail
from deployments.rules.spans import words
from surveys.admin.conditions import ConditionField
from surveys.read_only import SentAgain
from surveys.shared_rows import OfSurveys


class CapForm(forms.ModelForm):  # type: ignore[type-arg]
    condition = ConditionField(
        label=gettext_lazy("Only for records where"),
        required=False,
        help_text=gettext_lazy(
            "Such as the segment of the account; without a comparison: for everybody. "
            "In a file it is a column of that name. A reminder or thank-you of somebody "
            "from a file, a list or a call knows only the variables and the segment."
        ),
    )

    class Meta:
        model = Cap
        fields = forms.ALL_FIELDS  # the admin names them
        widgets = {"object": SuggestingInput("cap-objects")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "condition" in self.fields:
            fields = known_everywhere(self.instance.condition)
            self.fields["condition"].choose_from(condition_groups(fields))  # type: ignore[attr-defined]
        for name in ("survey", "deployment", "channel"):
            if name in self.fields:
                self.fields[name].help_text = _("Blank: everything counts.")
        if "key" in self.fields:
            self.fields["key"].help_text = _(
                "Documents of the set-up use this name. Leave it blank to have one "
                "proposed; a limit of one deployment has none."
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("deployment"):
            cleaned["key"] = ""
        elif "key" in self.fields and not cleaned.get("key"):
            cleaned["key"] = free_key(cleaned.get("name", ""))
        return cleaned


@admin.register(Cap)
class CapAdmin(OfSurveys):
    form = CapForm
    fields = [
        "name",
        ("most", "span", "unit"),
        *("object", "survey", "deployment", "channel"),
        *("condition", "counts_reminders", "is_active", "key"),
    ]
    list_display = ["name", "limit", "whom", "survey", "deployment", "active"]
    list_filter = ["is_active"]
    list_select_related = ["survey", "deployment"]
    ordering = ["name", "pk"]

    class Media:
        css = {"all": ["surveys/forms.css", "deployments/admin.css"]}

    @admin.display(description=gettext_lazy("limit"))
    def limit(self, row: Cap) -> str:
        return f"{row.most} {words(row.within)}"

    @admin.display(description=gettext_lazy("for each"))
    def whom(self, row: Cap) -> str:
        return row.object or _("person")

    @admin.display(description=gettext_lazy("active"), ordering="is_active")
    def active(self, row: Cap) -> SafeString:
        if row.is_active:
            return badge("live", _("Active"))
        return badge("off", _("Switched off"))


@admin.register(BlockedDomain)
class BlockedDomainAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["domain", "note", "created_at"]
    search_fields = ["domain"]
    fields = ["domain", "note"]
    ordering = ["domain"]

    def save_model(
        self, request: HttpRequest, obj: BlockedDomain, form: Any, change: bool
    ) -> None:
        if not change:
            obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)


@admin.register(FollowUpMail)
class FollowUpMailAdmin(SentAgain, ByWorkers, OfSurveys):
    survey_path = "invitation__deployment__survey"
    when_empty = gettext_lazy(
        "Reminders and thank-yous stand here once they are due. They are set up at "
        "the foot of a deployment."
    )
    list_display = ["to", "what", "state", "mail_due_at", "sent_at", "mail_error"]
    list_filter = ["mail", "follow_up__kind", "follow_up__deployment"]
    list_select_related = ["invitation", "follow_up"]
    search_fields = ["invitation__email"]
    fields = [
        "to",
        "what",
        "state",
        "mail_due_at",
        "sent_at",
        "mail_error",
        "message_id",
    ]
    readonly_fields = ("to", "what", "state")
    ordering = ["-pk"]
    actions = ["send_again"]

    @admin.action(description=gettext_lazy("Send again"), permissions=["send"])
    def send_again(
        self, request: HttpRequest, queryset: QuerySet[FollowUpMail]
    ) -> None:
        rows = FollowUpMail.objects.filter(pk__in=queryset.values("pk"))
        count = send_again(invitations=rows, now=timezone.now())
        text = ngettext(
            "%(count)s mail will be sent again.",
            "%(count)s mails will be sent again.",
            count,
        )
        messages.success(request, text % {"count": count})

    @admin.display(description=gettext_lazy("invitation"))
    def to(self, row: FollowUpMail) -> SafeString:
        return change_link(row.invitation)

    @admin.display(description=gettext_lazy("what"))
    def what(self, row: FollowUpMail) -> str:
        return str(row.follow_up or _("Reminder that was asked for"))

    @admin.display(description=gettext_lazy("mail"), ordering="mail")
    def state(self, row: FollowUpMail) -> SafeString:
        return badge(row.mail, row.get_mail_display())
