"""Contacts of a deployment, told of in bulk, for mailings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.addresses import normal_address
from deployments.api.deployments import find
from deployments.api.fields import (
    AddressField,
    LanguageField,
    RecordsField,
    TextsField,
)
from deployments.api.links import declared_variables, undeclared
from deployments.api.pages import NewestFirst
from deployments.mailings import keep
from deployments.models import Contact, Deployment
from deployments.rules import Invitee
from deployments.rules.windows import zone_of
from surveys.bodies import Body
from surveys.texts import tidy

MOST_CONTACTS = 1000
REFUSED = "refused"
OUTCOMES = ["created", "changed", "unchanged", REFUSED]


class ContactSerializer(serializers.ModelSerializer[Contact]):
    class Meta:
        model = Contact
        fields = [
            *("email", "name", "language", "time_zone", "segment"),
            *("records", "variables", "created_at", "updated_at"),
        ]
        read_only_fields = fields


class ToldContact(Body):
    email = AddressField(max_length=254)
    name = serializers.CharField(max_length=200, allow_blank=True, default="")
    language = LanguageField(max_length=16, allow_blank=True, default="")
    time_zone = serializers.CharField(
        max_length=64,
        allow_blank=True,
        default="",
        help_text=gettext_lazy("Such as Europe/Berlin."),
    )
    segment = serializers.CharField(
        max_length=100,
        allow_blank=True,
        default="",
        help_text=gettext_lazy("What the funnel is told apart by."),
    )
    records = RecordsField(required=False)
    variables = TextsField(required=False)

    def validate_time_zone(self, name: str) -> str:
        if name and zone_of(name) is None:
            text = _("“%(zone)s” is no time zone such as Europe/Berlin.")
            raise serializers.ValidationError(text % {"zone": name[:40]})
        return name

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if wrong := undeclared(attrs, self.context["declared"]):
            raise serializers.ValidationError(wrong)
        return attrs


class ToldContacts(Body):
    # The stubs do not know what `many=True` passes on to the list.
    contacts = ToldContact(  # type: ignore[call-arg]
        many=True, allow_empty=False, min_length=1, max_length=MOST_CONTACTS
    )


class KeptSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(help_text=gettext_lazy("As it was sent."))
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    problems = serializers.DictField(
        required=False, help_text=gettext_lazy("Why it was refused, by field.")
    )


class Contacts(ListAPIView[Contact]):
    required_scopes = {"GET": "responses:read", "POST": "links:write"}
    serializer_class = ContactSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Contact]:
        rows = Contact.objects.filter(deployment=find(self.kwargs["key"]))
        email = self.request.query_params.get("email")
        if email is None:
            return rows
        return (
            rows.none() if "\x00" in email else rows.filter(email=normal_address(email))
        )

    @extend_schema(
        operation_id="listContacts",
        summary="List the contacts of a deployment, newest first",
        parameters=[OpenApiParameter("email", str, description="One address.")],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="upsertContacts",
        summary="Make or change up to 1,000 contacts at once",
        description=(
            "An address that is there already is changed to what is told. Each contact "
            "comes back, in its place, with what became of it; one that is wrong holds "
            "up no other. Nobody is asked before a mailing asks them."
        ),
        request=ToldContacts,
        responses=KeptSerializer(many=True),
    )
    def post(self, request: Request, key: str) -> Response:
        return Response(upsert(find(key), request.data))


def upsert(deployment: Deployment, data: Any) -> list[dict[str, Any]]:
    """Keep the contacts that are right; tell what became of each, in its place."""
    context = {"declared": declared_variables(deployment)}
    asked = ToldContacts(data=data, context=context)
    wrong: dict[int, Any] = {}
    if not asked.is_valid():
        wrong = by_place(asked.errors)
        if not wrong:
            raise serializers.ValidationError(asked.errors)
    told = data["contacts"]
    right = [place for place in range(len(told)) if place not in wrong]
    good = ToldContact(data=[told[at] for at in right], many=True, context=context)
    good.is_valid(raise_exception=True)
    people: dict[str, tuple[int, Invitee]] = {}
    for place, values in zip(right, good.validated_data, strict=True):
        person = invitee(values)
        if person.email in people:
            text = _("The same address stands here twice.")
            wrong[place] = {"email": [text]}
        else:
            people[person.email] = (place, person)
    kept = keep(
        deployment=deployment,
        people=[person for _place, person in people.values()],
        now=timezone.now(),
    )
    outcomes = {people[one.email][0]: str(one.fate) for one in kept}
    return [answer(one, outcomes.get(at), wrong.get(at)) for at, one in enumerate(told)]


def by_place(errors: Any) -> dict[int, Any]:
    """The errors by the place of the contact; none when the body itself is wrong."""
    contacts = errors.get("contacts") if set(errors) == {"contacts"} else None
    pairs = (
        contacts.items() if isinstance(contacts, dict) else enumerate(contacts or [])
    )
    found = {at: one for at, one in pairs if one}
    whole = all(
        isinstance(at, int) and isinstance(one, dict) for at, one in found.items()
    )
    return found if whole else {}


def answer(told: Any, outcome: str | None, wrong: Any) -> dict[str, Any]:
    email = told.get("email") if isinstance(told, Mapping) else None
    said = {"email": email if isinstance(email, str) else ""}
    if outcome is None:
        return {**said, "outcome": REFUSED, "problems": wrong}
    return {**said, "outcome": outcome}


def invitee(values: Mapping[str, Any]) -> Invitee:
    return Invitee(
        email=normal_address(values["email"]),
        name=" ".join(tidy(values["name"]).split()),
        language=values["language"],
        time_zone=values["time_zone"],
        segment=" ".join(tidy(values["segment"]).split()),
        records=tidied(values.get("records", {})),
        variables=tidied(values.get("variables", {})),
    )


def tidied(texts: Mapping[str, str]) -> dict[str, str]:
    return {tidy(name): tidy(text) for name, text in texts.items()}
