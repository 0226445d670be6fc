"""Connections over REST: set up, read without their secrets, and tried."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_mappings import connections
from crm_mappings.api.pages import ByKey
from crm_mappings.connection_documents import SAID, save_document
from crm_mappings.models import Connection
from surveys.bodies import with_key
from surveys.preconditions import unchanged
from surveys.refusals import refused
from surveys.sharing import require_right
from surveys.texts import storable

SCOPE = "mappings:write"
# What is said of a connection, and ignored when it is written.
STATE = (
    *("has_secret", "status", "problem", "instance_url", "org_id", "org_name"),
    *("is_sandbox", "username", "checked_at", "calls_used", "calls_allowed"),
)


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    """A connection as a document. Its secret is only ever written."""

    client_secret = serializers.CharField(
        required=False,
        write_only=True,
        help_text=gettext_lazy("The consumer secret. Left out, it stays."),
    )
    # Named one by one: the empty choice of the admin is a blank text here.
    writes_opt_outs = serializers.ChoiceField(
        choices=[one.value for one in Connection.OptOuts],
        required=False,
        allow_blank=True,
        help_text=gettext_lazy("How opt-outs are written there; blank: not at all."),
    )
    has_secret = serializers.SerializerMethodField()

    class Meta:
        model = Connection
        fields = (*SAID, "client_secret", *STATE)
        read_only_fields = STATE

    def get_has_secret(self, connection: Connection) -> bool:
        return bool(connection.client_secret)


class CheckSerializer(serializers.Serializer[Any]):
    group = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=["pass", "fail", "not_needed"])
    passed = serializers.BooleanField()
    detail = serializers.CharField()
    todo = serializers.CharField(allow_blank=True)
    who = serializers.CharField(allow_blank=True)


class ChecksSerializer(serializers.Serializer[Any]):
    passed = serializers.BooleanField()
    checks = CheckSerializer(many=True)


class ConnectionList(ListAPIView[Connection]):
    required_scopes = {"GET": SCOPE, "POST": SCOPE}
    serializer_class = ConnectionSerializer
    pagination_class = ByKey
    queryset = Connection.objects.all()

    @extend_schema(operation_id="listConnections", summary="List connections")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="createConnection",
        summary="Make a connection",
        description=(
            "It logs in at its first check. Where a person has to log in, or a key "
            "pair is wanted, its page in the admin leads on."
        ),
        request=ConnectionSerializer,
        responses={201: ConnectionSerializer},
    )
    def post(self, request: Request) -> Response:
        require_right("crm_mappings.add_connection")
        made = saved(request.data, only_new=True)
        return Response(shown(made), status=status.HTTP_201_CREATED)


class ConnectionDetail(APIView):
    required_scopes = {"GET": SCOPE, "PUT": SCOPE}

    @extend_schema(
        operation_id="getConnection",
        summary="Read a connection",
        responses=ConnectionSerializer,
    )
    def get(self, _request: Request, key: str) -> Response:
        return Response(shown(find(key)))

    @extend_schema(
        operation_id="putConnection",
        summary="Replace how a connection logs in",
        description="What is left out is as it is by default; its secret stays.",
        request=ConnectionSerializer,
        responses=ConnectionSerializer,
    )
    def put(self, request: Request, key: str) -> Response:
        find(key)
        require_right("crm_mappings.change_connection")
        row = Connection.objects.filter(key=key)
        with unchanged(request, row, lambda: shown(find(key))):
            return Response(shown(saved(request.data, key=key)))


class ConnectionCheck(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="checkConnection",
        summary="Test each thing that the connection needs",
        request=None,
        responses=ChecksSerializer,
    )
    def post(self, _request: Request, key: str) -> Response:
        results = connections.check(connection=find(key), now=timezone.now())
        passed = all(result.passed for result in results)
        body = {"passed": passed, "checks": CheckSerializer(results, many=True).data}
        return Response(body)


def find(key: str) -> Connection:
    return get_object_or_404(Connection, key=key)


def saved(body: object, *, key: str = "", only_new: bool = False) -> Connection:
    document, secret = settable(body)
    if key:
        document = with_key(key, document)
    with refused():
        return save_document(document=document, secret=secret, only_new=only_new)


def settable(body: object) -> tuple[dict[str, Any], str]:
    """A body without what is only said, and its secret apart."""
    if not isinstance(body, dict):
        raise ValidationError([_("Send the connection as a JSON object.")])
    document = {name: value for name, value in body.items() if name not in STATE}
    secret = document.pop("client_secret", "")
    if not isinstance(secret, str):
        raise ValidationError({"client_secret": [_("This is a text.")]})
    if not storable(secret):
        raise ValidationError(
            {"client_secret": [_("It has control characters in it.")]}
        )
    return document, secret


def shown(connection: Connection) -> dict[str, Any]:
    return dict(ConnectionSerializer(connection).data)
