"""Webhooks in the admin: what each is told, how it fares, its log, and its acts."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from responses.webhooks import delivering, events, keeping
from responses.webhooks.models import Delivery, DeliveryAttempt, Webhook
from surveys.row_acts import RowActs
from surveys.shared_rows import OfSurveys
from surveys.sharing import oversees

LATEST = 10
STATE_CLASSES = {
    **dict.fromkeys(("active", "delivered"), "tb-good"),
    **dict.fromkeys(("disabled", "failed"), "tb-bad"),
    **dict.fromkeys(("paused", "waiting"), "tb-warn"),
    "sending": "tb-info",
}


def event_choices() -> list[tuple[str, Any]]:
    return [
        (name, format_lazy("{}: {}", name, words))
        for name, words in events.known().items()
    ]


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]
    events = forms.MultipleChoiceField(
        label=_("Events"), choices=event_choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Webhook
        fields = (
            *("name", "key", "url", "events", "survey", "ordered", "thin", "emails"),
        )


@admin.register(Webhook)
class WebhookAdmin(RowActs, OfSurveys):
    acts = ("test", "rotate", "pause", "resume")
    form = WebhookForm
    change_form_template = "admin/webhooks/webhook/change_form.html"
    list_display = ("name", "url", "event_list", "survey", "state", "waiting")
    list_select_related = ("survey",)
    prepopulated_fields = {"key": ("name",)}
    search_fields = ("name", "key", "url")

    def _is_seen(self, request: HttpRequest, obj: Any) -> bool:
        of_all = obj is not None and obj.pk is not None and obj.survey_id is None
        if of_all and not oversees(request.user):
            return False
        return super()._is_seen(request, obj)

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """To be told of all surveys, one has to oversee them all."""
        if db_field.name == "survey" and not oversees(request.user):
            kwargs["required"] = True
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        rows: QuerySet[Webhook] = super().get_queryset(request)
        if not oversees(request.user):
            rows = rows.exclude(survey=None)
        open_ones = Q(deliveries__state__in=["waiting", "sending"])
        return rows.annotate(open_count=Count("deliveries", filter=open_ones))

    @admin.display(description=_("events"))
    def event_list(self, hook: Webhook) -> str:
        return ", ".join(hook.events)

    @admin.display(description=_("status"), ordering="status")
    def state(self, hook: Webhook) -> SafeString:
        return badge(hook.status, hook.get_status_display())

    @admin.display(description=_("waiting"))
    def waiting(self, hook: Any) -> int:
        return int(hook.open_count)

    def save_model(
        self, request: HttpRequest, obj: Webhook, form: Any, change: Any
    ) -> None:
        if change:
            obj.save(update_fields=form.Meta.fields)
            return
        obj.save()
        self._show_secret(request, obj.secret)

    def _show_secret(self, request: HttpRequest, secret: str) -> None:
        text = gettext("The secret is shown this once; give it to the receiver now:")
        messages.warning(request, format_html("{} <code>{}</code>", text, secret))

    def _test(self, request: HttpRequest, hook: Webhook) -> None:
        keeping.send_test(webhook=hook, now=timezone.now())
        text = _("A test waits to be sent; what came of it will stand in the log.")
        self.message_user(request, text, messages.SUCCESS)

    def _rotate(self, request: HttpRequest, hook: Webhook) -> None:
        secret = keeping.rotate(webhook=hook, now=timezone.now())
        self._show_secret(request, secret)
        text = _("The secret before it signs as well until tomorrow at this time.")
        self.message_user(request, text)

    def _pause(self, request: HttpRequest, hook: Webhook) -> None:
        keeping.pause(webhook=hook)
        text = _("Nothing is sent now; what happens is kept.")
        self.message_user(request, text, messages.SUCCESS)

    def _resume(self, request: HttpRequest, hook: Webhook) -> None:
        keeping.resume(webhook=hook, now=timezone.now())
        text = _("It is on. What has waited is being sent.")
        self.message_user(request, text, messages.SUCCESS)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        hook = self.get_object(request, object_id)
        shown = {} if hook is None else self._log(hook)
        context = {**shown, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def _log(self, hook: Webhook) -> dict[str, Any]:
        deliveries = hook.deliveries.order_by("-pk").prefetch_related("log")[:LATEST]
        return {
            "log": [
                (one, badge(one.state, one.get_state_display())) for one in deliveries
            ],
            "log_url": reverse("admin:webhooks_delivery_changelist"),
            "urls": self.act_urls(hook),
        }


class AttemptInline(admin.TabularInline):  # type: ignore[type-arg]
    model = DeliveryAttempt
    fields = readonly_fields = (
        *("number", "at", "milliseconds", "status", "problem", "text"),
    )
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(OfSurveys):
    survey_path = "webhook__survey"
    """The log: to be read, and sent again."""

    when_empty = _(
        "What a webhook was told stands here. Open a webhook and send a test."
    )
    list_display = (
        "event",
        "webhook",
        "about",
        "occurred_at",
        "shown_state",
        "attempts",
    )
    list_filter = ("state", "webhook", "event", "occurred_at")
    list_select_related = ("webhook",)
    search_fields = ("subject",)
    search_help_text = _("Search by the id of the response or invitation.")
    ordering = ("-pk",)
    show_full_result_count = False
    inlines = (AttemptInline,)
    actions = ("send_again",)
    fields = readonly_fields = (
        *("webhook", "event", "message_id", "about", "occurred_at", "shown_state"),
        *("attempts", "due_at", "settled_at", "body"),
    )

    class Media:
        css = {"all": ("crm_mappings/panels.css",)}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        # It is to be read: there is nothing to save.
        nothing = {"show_save": False, "show_save_and_continue": False}
        return super().render_change_form(request, context | nothing, *args, **kwargs)

    @admin.display(description=_("about"))
    def about(self, delivery: Delivery) -> str:
        return delivery.subject

    @admin.display(description=_("state"), ordering="state")
    def shown_state(self, delivery: Delivery) -> SafeString:
        return badge(delivery.state, delivery.get_state_display())

    @admin.display(description=_("what is told now"))
    def body(self, delivery: Delivery) -> SafeString:
        document = delivering.document(delivery)
        text = json.dumps(document, indent=2, ensure_ascii=False, default=str)
        return format_html("<pre>{}</pre>", text)

    @admin.action(description=_("Send again"), permissions=["change"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        count = keeping.replay(deliveries=rows, now=timezone.now())
        text = ngettext(
            "%(count)d event is sent again.", "%(count)d events are sent again.", count
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def badge(state: str, words: str) -> SafeString:
    return format_html(
        '<span class="tb-badge {}">{}</span>', STATE_CLASSES.get(state, ""), words
    )
