"""Mappings over REST: the list, and each as the document that git holds."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_mappings.api.documents import MappingDocument, MappingState, MappingSummary
from crm_mappings.api.pages import ByKey
from crm_mappings.documents import mapping_document, save_document
from crm_mappings.models import Mapping
from crm_mappings.plan.rules import MappingError
from surveys.bodies import with_key
from surveys.models import Survey
from surveys.preconditions import unchanged
from surveys.refusals import Conflict, invalid
from surveys.row_documents import KeyTaken
from surveys.sharing import seen
from surveys.texts import storable, texts_in, tidy

SCOPE = "mappings:write"
STATE = frozenset(MappingState().fields)


class MappingList(ListAPIView[Mapping]):
    required_scopes = {"GET": SCOPE, "POST": SCOPE}
    serializer_class = MappingSummary
    pagination_class = ByKey

    def get_queryset(self) -> QuerySet[Mapping]:
        return known()

    @extend_schema(operation_id="listMappings", summary="List mappings")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="createMapping",
        summary="Make the draft of a mapping from its document",
        description="The same document again changes nothing and answers 200.",
        request=MappingDocument,
        responses={201: MappingDocument, 200: MappingDocument},
    )
    def post(self, request: Request) -> Response:
        document = settable(request.data)
        key = str(document.get("key"))
        refuse_hidden(key)
        kept = Mapping.objects.filter(key=key).first()
        if kept is None:
            made = saved(document, only_new=True)
            return Response(shown(made), status=status.HTTP_201_CREATED)
        before = mapping_document(kept)
        if before != {**before, **document}:
            raise taken(kept.key)
        return Response(shown(kept))


class MappingDetail(APIView):
    required_scopes = {"GET": SCOPE, "PUT": SCOPE}

    @extend_schema(
        operation_id="getMapping",
        summary="Read the draft of a mapping",
        responses=MappingDocument,
    )
    def get(self, _request: Request, key: str) -> Response:
        return Response(shown(find(key)))

    @extend_schema(
        operation_id="putMapping",
        summary="Replace the draft of a mapping, or make it",
        description="What is live stays as it was activated.",
        request=MappingDocument,
        responses={200: MappingDocument, 201: MappingDocument},
    )
    def put(self, request: Request, key: str) -> Response:
        document = with_key(key, settable(request.data))
        refuse_hidden(key)
        kept = Mapping.objects.filter(key=key)
        new = not kept.exists()
        with unchanged(request, kept, lambda: shown(find(key))):
            mapping = saved(document)
        made = status.HTTP_201_CREATED if new else status.HTTP_200_OK
        return Response(shown(mapping), status=made)


def known() -> QuerySet[Mapping]:
    """The mappings of the surveys that the call may see."""
    rows = Mapping.objects.select_related("survey", "connection", "live_revision")
    return seen(rows, "survey")


def find(key: str) -> Mapping:
    return get_object_or_404(known(), key=key)


def refuse_hidden(key: str) -> None:
    """A mapping of a survey that the call may not see is neither told nor changed."""
    if Mapping.objects.filter(key=key).exists():
        find(key)


def settable(body: object) -> dict[str, Any]:
    """Return a body without what is only said: what was read can be sent back."""
    if not isinstance(body, dict):
        raise ValidationError([_("Send the mapping as a JSON object.")])
    wrong = {
        tidy(str(name)): [_("It has control characters in it.")]
        for name, value in body.items()
        if not all(map(storable, texts_in({name: value})))
    }
    if wrong:
        raise ValidationError(wrong)
    return {name: value for name, value in body.items() if name not in STATE}


def taken(key: object) -> Conflict:
    text = _("There is a mapping “%(key)s” already. Change it by PUT.")
    return Conflict(text % {"key": key})


def saved(document: dict[str, Any], *, only_new: bool = False) -> Mapping:
    survey = str(document.get("survey"))
    # No database can be asked for what it cannot keep.
    named = Survey.objects.filter(key=survey if storable(survey) else "")
    if named.exists() and not seen(named).exists():
        text = _("There is none with the key “%(key)s”.") % {"key": survey}
        raise ValidationError({"survey": [text]})
    try:
        return save_document(document=document, only_new=only_new)
    except MappingError as error:
        raise invalid(error.problems) from error
    except KeyTaken as error:  # somebody made it at the same moment
        raise taken(error) from error


def shown(mapping: Mapping) -> dict[str, Any]:
    return {**mapping_document(mapping), **MappingState(mapping).data}
