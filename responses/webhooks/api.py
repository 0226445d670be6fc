"""REST of webhooks, below /api/v1/: each a document, its acts and its log."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response as Answer
from rest_framework.views import APIView

from responses.webhooks import keeping
from responses.webhooks.documents import save_document, webhook_document
from responses.webhooks.models import Delivery, DeliveryAttempt, Webhook
from surveys.bodies import Body, with_key
from surveys.pages import Pages
from surveys.preconditions import unchanged
from surveys.refusals import refused
from surveys.sharing import seen, sees_all

SCOPE = "webhooks:write"
SAID = frozenset({"status", "problem", "failing_since", "secret"})


class WebhookDocument(serializers.Serializer[Any]):
    """A webhook as a document. Its secret is told when it is made or changed."""

    key = serializers.CharField(max_length=50)
    name = serializers.CharField(max_length=100)
    url = serializers.CharField(
        max_length=500, help_text=gettext_lazy("An https address.")
    )
    events = serializers.ListField(
        child=serializers.CharField(),
        help_text=gettext_lazy("Such as response.completed."),
    )
    survey = serializers.CharField(
        required=False, help_text=gettext_lazy("A survey's key; without it, of all.")
    )
    ordered = serializers.BooleanField(
        required=False, help_text=gettext_lazy("Keep the order of each respondent.")
    )
    thin = serializers.BooleanField(
        required=False, help_text=gettext_lazy("Tell only what it is about.")
    )
    emails = serializers.CharField(
        required=False, help_text=gettext_lazy("Who is told when it stops.")
    )
    status = serializers.ChoiceField(read_only=True, choices=Webhook.Status.choices)
    problem = serializers.CharField(read_only=True)
    failing_since = serializers.DateTimeField(read_only=True, allow_null=True)


class WebhookWithSecret(WebhookDocument):
    secret = serializers.CharField(
        read_only=True, help_text=gettext_lazy("Shown this once.")
    )


class DeliveryAttemptSerializer(serializers.ModelSerializer[DeliveryAttempt]):
    class Meta:
        model = DeliveryAttempt
        fields = ("number", "at", "milliseconds", "status", "problem", "text")
        read_only_fields = fields


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    message = serializers.CharField(
        source="message_id", help_text=gettext_lazy("As in the header webhook-id.")
    )
    log = DeliveryAttemptSerializer(many=True, read_only=True)

    class Meta:
        model = Delivery
        fields = (
            *("id", "message", "event", "subject", "occurred_at", "state"),
            *("attempts", "due_at", "settled_at", "log"),
        )
        read_only_fields = fields


class NewestDeliveries(Pages):
    max_page_size = 200


class ByKey(NewestDeliveries):
    ordering = "key"


class WebhookList(ListAPIView[Webhook]):
    required_scopes = {"GET": SCOPE, "POST": SCOPE}
    serializer_class = WebhookDocument
    pagination_class = ByKey

    def get_queryset(self) -> QuerySet[Webhook]:
        return rows()

    @extend_schema(operation_id="listWebhooks", summary="List webhooks")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([shown(hook) for hook in page or []])

    @extend_schema(
        operation_id="createWebhook",
        summary="Make a webhook",
        description="The answer has its secret, which is not shown again.",
        request=WebhookDocument,
        responses={201: WebhookWithSecret},
    )
    def post(self, request: Request) -> Answer:
        hook = saved(settable(request.data), only_new=True)
        told = {**shown(hook), "secret": hook.secret}
        return Answer(told, status=status.HTTP_201_CREATED)


class WebhookDetail(APIView):
    required_scopes = {"GET": SCOPE, "PUT": SCOPE, "DELETE": SCOPE}

    @extend_schema(
        operation_id="getWebhook", summary="Read a webhook", responses=WebhookDocument
    )
    def get(self, _request: Request, key: str) -> Answer:
        return Answer(shown(find(key)))

    @extend_schema(
        operation_id="putWebhook",
        summary="Replace what a webhook is",
        description="Its secret and what waits for it stay.",
        request=WebhookDocument,
        responses=WebhookDocument,
    )
    def put(self, request: Request, key: str) -> Answer:
        find(key)
        document = with_key(key, settable(request.data))
        row = Webhook.objects.filter(key=key)
        with unchanged(request, row, lambda: shown(find(key))):
            return Answer(shown(saved(document)))

    @extend_schema(
        operation_id="deleteWebhook",
        summary="Delete a webhook and what waits for it",
        responses={204: None},
    )
    def delete(self, _request: Request, key: str) -> Answer:
        find(key).delete()
        return Answer(status=status.HTTP_204_NO_CONTENT)


class WebhookAct(APIView):
    """An act on one webhook, by a POST without a body."""

    required_scopes = {"POST": SCOPE}


class WebhookTest(WebhookAct):
    @extend_schema(
        operation_id="testWebhook",
        summary="Send a test the way that all events go",
        request=None,
        responses={202: DeliverySerializer},
    )
    def post(self, _request: Request, key: str) -> Answer:
        delivery = keeping.send_test(webhook=find(key), now=timezone.now())
        return Answer(DeliverySerializer(delivery).data, status=202)


class WebhookPause(WebhookAct):
    @extend_schema(
        operation_id="pauseWebhook",
        summary="Send nothing; what happens meanwhile is kept",
        request=None,
        responses=WebhookDocument,
    )
    def post(self, _request: Request, key: str) -> Answer:
        keeping.pause(webhook=find(key))
        return Answer(shown(find(key)))


class WebhookResume(WebhookAct):
    @extend_schema(
        operation_id="resumeWebhook",
        summary="Send again, beginning with what has waited",
        request=None,
        responses=WebhookDocument,
    )
    def post(self, _request: Request, key: str) -> Answer:
        keeping.resume(webhook=find(key), now=timezone.now())
        return Answer(shown(find(key)))


class WebhookRotate(WebhookAct):
    @extend_schema(
        operation_id="rotateWebhookSecret",
        summary="Give it a new secret",
        description="The one before signs as well for 24 hours.",
        request=None,
        responses=WebhookWithSecret,
    )
    def post(self, _request: Request, key: str) -> Answer:
        hook = find(key)
        secret = keeping.rotate(webhook=hook, now=timezone.now())
        return Answer({**shown(hook), "secret": secret})


class DeliveryList(ListAPIView[Delivery]):
    required_scopes = {"GET": SCOPE}
    serializer_class = DeliverySerializer
    pagination_class = NewestDeliveries

    def get_queryset(self) -> QuerySet[Delivery]:
        told = Delivery.objects.filter(webhook=find(self.kwargs["key"]))
        state = self.request.query_params.get("state")
        if state is None:
            return told.prefetch_related("log")
        if state not in Delivery.State.values:
            known = ", ".join(Delivery.State.values)
            raise ValidationError({"state": [_("One of: %s.") % known]})
        return told.filter(state=state).prefetch_related("log")

    @extend_schema(
        operation_id="listDeliveries",
        summary="List what a webhook was told, newest first, with each try",
        parameters=[OpenApiParameter("state", str, enum=Delivery.State.values)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        return super().get(request, *args, **kwargs)


class DeliveryReplay(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="replayDelivery",
        summary="Send one again, under the id that it had",
        request=None,
        responses={202: DeliverySerializer},
    )
    def post(self, _request: Request, key: str, pk: int) -> Answer:
        told = Delivery.objects.filter(webhook=find(key))
        delivery = get_object_or_404(told, pk=pk)
        keeping.replay(deliveries=told.filter(pk=pk), now=timezone.now())
        delivery.refresh_from_db()
        return Answer(DeliverySerializer(delivery).data, status=202)


class Since(Body):
    since = serializers.DateTimeField(
        help_text=gettext_lazy("What happened from then on.")
    )
    failed_only = serializers.BooleanField(default=True)


class WebhookReplay(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="replayWebhook",
        summary="Send again what was given up, or all, since a moment",
        request=Since,
        responses={
            202: inline_serializer("Replayed", {"count": serializers.IntegerField()})
        },
    )
    def post(self, request: Request, key: str) -> Answer:
        hook = find(key)
        asked = Since(data=request.data)
        asked.is_valid(raise_exception=True)
        told = Delivery.objects.filter(
            webhook=hook, occurred_at__gte=asked.validated_data["since"]
        )
        if asked.validated_data["failed_only"]:
            told = told.filter(state=Delivery.State.FAILED)
        count = keeping.replay(deliveries=told, now=timezone.now())
        return Answer({"count": count}, status=202)


def rows() -> QuerySet[Webhook]:
    """Those of the surveys that the call may see; of all, if it may see all."""
    found = seen(Webhook.objects.select_related("survey"), "survey")
    return found if sees_all() else found.exclude(survey=None)


def find(key: str) -> Webhook:
    hook = rows().filter(key=key).first()
    if hook is None:
        raise Http404
    return hook


def settable(body: object) -> dict[str, Any]:
    """A body without what is only said: what was read can be sent back."""
    if not isinstance(body, dict):
        raise ValidationError([_("Send the webhook as a JSON object.")])
    return {name: value for name, value in body.items() if name not in SAID}


def saved(document: dict[str, Any], *, only_new: bool = False) -> Webhook:
    with refused():
        return save_document(document=document, only_new=only_new)


def shown(hook: Webhook) -> dict[str, Any]:
    return {
        **webhook_document(hook),
        "status": hook.status,
        "problem": hook.problem,
        "failing_since": hook.failing_since,
    }


def _route(address: str, view: type[APIView], name: str) -> URLPattern:
    return path(f"webhooks/{address}", view.as_view(), name=name)


routes: list[URLPattern] = [
    _route("", WebhookList, "webhooks"),
    _route("<slug:key>/", WebhookDetail, "webhook"),
    _route("<slug:key>/test/", WebhookTest, "webhook-test"),
    _route("<slug:key>/pause/", WebhookPause, "webhook-pause"),
    _route("<slug:key>/resume/", WebhookResume, "webhook-resume"),
    _route("<slug:key>/rotate-secret/", WebhookRotate, "webhook-rotate"),
    _route("<slug:key>/replay/", WebhookReplay, "webhook-replay"),
    _route("<slug:key>/deliveries/", DeliveryList, "webhook-deliveries"),
    _route("<slug:key>/deliveries/<int:pk>/replay/", DeliveryReplay, "delivery-replay"),
]
